"""Processes that are measured together: started on loopback, waited for, looked at from outside, stopped by their own ids."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "model_repository" / "painting_genre"
MODEL_SERVER = (sys.executable, "-m", "model_server", f"--model_base_path={MODELS}")
BATCHING = ("--enable_batching=true", f"--batching_parameters_file={ROOT / 'model_repository' / 'batching.config'}")
GATEWAY = (sys.executable, "-m", "gunicorn", "--config=gateway/gunicorn.conf.py")
LOGS = ROOT / "build" / "bench" / "logs"

START_SECONDS = 120
STOP_SECONDS = 15
QUIET_SECONDS = 10


class NotReady(Exception):
    """What did not start, and the end of what it said."""


@dataclass(frozen=True)
class Command:
    """`ready` is a URL that then answers 200, or the host:port of a server that accepts connections once it serves."""

    argv: tuple[str, ...]
    ready: str
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


class Service:
    """Commands that run at the same time, each begun once the one before is ready. What they say goes to `log`.

    A context manager. Entering it raises NotReady where a command ends, or is not ready in time.
    """

    def __init__(self, commands: tuple[Command, ...], log: Path) -> None:
        self._commands, self._log = commands, log
        self._heads: list[subprocess.Popen[bytes]] = []
        self._seen: set[psutil.Process] = set()
        self.seconds = 0.0

    def __enter__(self) -> "Service":
        began = time.monotonic()
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as log:
                for command in self._commands:
                    # In a session of its own: a terminal's Ctrl-C reaches the benchmark alone, which stops everything in order.
                    head = subprocess.Popen(
                        command.argv,
                        cwd=command.folder,
                        env=_environ(command),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                    self._heads.append(head)
                    self._wait(head, command)
        except BaseException:
            self.stop()
            raise
        self.seconds = time.monotonic() - began
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """The processes that were started here, without their children."""
        return [head.pid for head in self._heads]

    def processes(self) -> list[psutil.Process]:
        """All of them, children's children too. One that its parent has left behind is remembered."""
        for head in self._heads:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(head.pid)
                self._seen.update([process, *process.children(recursive=True)])
        self._seen = {process for process in self._seen if process.is_running()}
        return list(self._seen)

    def processor_seconds(self) -> float:
        """User and system time of all processes that run, since they were started."""
        return processor_seconds(self.processes())

    def megabytes(self) -> float:
        """What all processes hold in memory, in MB of a million bytes; what some share is counted once (PSS)."""
        total = 0
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().pss
        return total / 1e6

    def settle(self) -> None:
        """Wait until they have nothing left to do, so that one measurement does not pay for the one before it."""
        end = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < end:
            before = self.processor_seconds()
            time.sleep(0.25)
            if self.processor_seconds() - before < 0.05:
                return

    def stop(self) -> None:
        """The last one first: what it still has to answer needs those before it."""
        processes = self.processes()
        for head in reversed(self._heads):
            head.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                head.wait(STOP_SECONDS)
        left = [process for process in processes if process.is_running()]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(left, timeout=STOP_SECONDS)
        for head in self._heads:
            head.wait()
        self._heads.clear()

    def _wait(self, head: subprocess.Popen[bytes], command: Command) -> None:
        end = time.monotonic() + START_SECONDS
        while not is_ready(command.ready):
            if head.poll() is not None:
                raise NotReady(f"It ended with exit code {head.returncode}: {self._last_words()}")
            if time.monotonic() > end:
                raise NotReady(f"It was not ready within {START_SECONDS} seconds: {self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " ".join(lines[-1:])[:300] or "it said nothing."


def processor_seconds(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# What is measured runs on this machine, whatever proxy the environment names.
open_directly = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def is_ready(ready: str) -> bool:
    return answers(ready) if "://" in ready else accepts(ready)


def answers(url: str) -> bool:
    try:
        with open_directly(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def model_server(port: int, host: str = "127.0.0.1") -> Command:
    """The embedded model server as `make serve` runs it. It accepts connections once its model is loaded."""
    return Command((*MODEL_SERVER, f"--host={host}", f"--port={port}", *BATCHING), f"{host}:{port}")


def gateway(port: int, serving: str, **settings: str) -> Command:
    """The gateway as `make serve` runs it, in front of the model server at `serving`."""
    return Command(GATEWAY, f"http://127.0.0.1:{port}/readyz", {"RAGAM_PORT": str(port), "RAGAM_SERVING": serving, **settings})


def _environ(command: Command) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("RAGAM_")}
    return {**own, "TF_CPP_MIN_LOG_LEVEL": "2", **command.environ}
