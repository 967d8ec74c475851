"""The real processes, from outside: nothing of the product is imported. Every one listens on loopback and ends with its test."""

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], object], seconds: float = 300, what: str = "the condition") -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.02)


# Below those that Linux gives to whoever connects: two processes of pytest run at once, and a client of one may not take a port that
# the other has found free and not listened on yet. Each begins elsewhere.
_PORTS = itertools.cycle(random.Random().sample(range(12_000, 32_000), 20_000))


def free_port() -> int:
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", next(_PORTS)))
            return probe.getsockname()[1]


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


# Before a command. At Ctrl-C pytest-xdist kills its processes, whose tests end nothing then: what they have started gets SIGTERM.
ENDS_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM") if "PYTEST_XDIST_WORKER" in os.environ else ()


class Process:
    """A program of this project, its output in a file; `before` is a command that runs the command after it, such as unshare."""

    def __init__(self, output: Path, module: list[str], environ: dict[str, str], before: list[str]) -> None:
        self.output = output
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RAGAM_")}
        with output.open("ab") as file:
            command = [*ENDS_WITH_PARENT, *before, sys.executable, *module]
            self.popen = subprocess.Popen(command, cwd=ROOT, env={**clean, **environ}, stdout=file, stderr=file)

    def text(self) -> str:
        return self.output.read_text()

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self, seconds: float = 300) -> int:
        return self.popen.wait(seconds)

    def children(self) -> list[int]:
        """Their ids: of gunicorn's, the workers."""
        pid = self.popen.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(120)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


class Service:
    """A model folder, two free ports, and the processes that a test starts on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = folder / "painting_genre"
        self.models.mkdir()
        self.port, self.serving_port = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "RAGAM_PORT": str(self.port),
            "RAGAM_WORKERS": "2",
            "RAGAM_SERVING": f"127.0.0.1:{self.serving_port}",
            "RAGAM_MODEL_BASE_PATH": str(self.models),
        }
        self.processes: list[Process] = []

    def publish(self, model: Path, version: int) -> None:
        """As a version is published: copied beside, then renamed into place."""
        shutil.copytree(model, self.models / ".copy")
        (self.models / ".copy").rename(self.models / str(version))

    def start(self, *arguments: str, before: tuple[str, ...] = (), **environ: str) -> Process:
        output = self.folder / f"output-{len(self.processes)}.txt"
        process = Process(output, list(arguments), {**self.environ, **environ}, list(before))
        self.processes.append(process)
        return process

    def start_model_server(self, host: str = "127.0.0.1", before: tuple[str, ...] = (), **environ: str) -> Process:
        """As serve.py does."""
        return self.start(
            "-m",
            "model_server",
            f"--host={host}",
            f"--port={self.serving_port}",
            f"--model_base_path={self.models}",
            "--enable_batching=true",
            "--batching_parameters_file=model_repository/batching.config",
            before=before,
            **environ,
        )

    def start_gateway(self, before: tuple[str, ...] = (), **environ: str) -> Process:
        return self.start("-m", "gunicorn", "--config=gateway/gunicorn.conf.py", before=before, **environ)

    def ready(self) -> bool:
        """All workers: each of ten requests has a connection of its own, which goes to either."""
        try:
            return all(requests.get(f"{self.address}/readyz", timeout=30).status_code == 200 for _ in range(10))
        except (requests.ConnectionError, requests.Timeout):
            return False

    def post(
        self, picture: bytes, name: str = "painting.jpg", query: str = "?details=true", headers: dict[str, str] | None = None
    ) -> requests.Response:
        return requests.post(f"{self.address}/prediction{query}", files={"image": (name, picture)}, headers=headers, timeout=30)


@contextmanager
def both_servers(folder: Path, model: Path, **environ: str) -> Iterator[Service]:
    """Both servers over `model` as version 1, ready, the gateway with `environ`; all that was started since is stopped at the end."""
    service = Service(folder)
    service.publish(model, 1)
    service.model_server = service.start_model_server()
    service.gateway = service.start_gateway(**environ)
    try:
        wait_until(service.ready, what="readiness")
        yield service
    finally:
        for process in reversed(service.processes):
            process.stop()
