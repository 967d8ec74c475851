"""Runs the whole service on one machine: the embedded model server and the gateway, started, watched and stopped together.

    python serve.py

Prints the address and an example once a picture can be sent. Stops both on Ctrl-C or SIGTERM, and both when one of them ends.
The settings are those of the gateway, and RAGAM_MODEL_BASE_PATH, the folder of the model's versions, or RAGAM_MODEL_CONFIG_FILE.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from gateway.contract import MODEL_NAME
from gateway.settings import Settings, SettingsError

HERE = Path(__file__).resolve().parent
START_SECONDS = 120
POLL_SECONDS = 0.1


class Mistake(Exception):
    """What keeps the service from running, in one sentence."""


def main() -> None:
    # A list and not an Event: a handler that runs while this thread holds the Event's lock would wait for it for ever.
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: signals.append(received))
    try:
        settings = Settings.from_env()
        run(settings, model_flags(), signals)
    except (Mistake, SettingsError) as error:
        sys.exit(str(error))


def model_flags() -> list[str]:
    """What the model server is told to serve. Raises Mistake where there is nothing to serve."""
    if file := os.environ.get("RAGAM_MODEL_CONFIG_FILE"):
        return [f"--model_config_file={Path(file).resolve()}", "--model_config_file_poll_wait_seconds=1"]
    model = Path(os.environ.get("RAGAM_MODEL_BASE_PATH") or HERE / "model_repository" / MODEL_NAME).resolve()
    if not any(version.name.isdigit() for version in model.glob("*/") if (version / "saved_model.pb").exists()):
        raise Mistake(f"There is no model in {model}: it needs a folder named by a number with a SavedModel. Set RAGAM_MODEL_BASE_PATH.")
    return [f"--model_name={MODEL_NAME}", f"--model_base_path={model}"]


def run(settings: Settings, model: list[str], signals: list[int]) -> None:
    """Returns once one of `signals` has come. Raises Mistake where the service cannot start, or ends by itself."""
    serving_host, _, serving_port = settings.serving.rpartition(":")
    require_free("RAGAM_SERVING", serving_host, int(serving_port))
    require_free("RAGAM_PORT", settings.host, settings.port)

    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        processes["model server"] = start(
            "model_server",
            f"--host={serving_host}",
            f"--port={serving_port}",
            *model,
            # A canary that is broken fails its own pictures, which the gateway gives to the stable version, and not the start.
            "--allow_version_labels_for_unavailable_models=true",
            "--enable_batching=true",
            f"--batching_parameters_file={HERE / 'model_repository' / 'batching.config'}",
        )
        if not wait_for(lambda: accepts(serving_host, int(serving_port)), processes, signals):
            return
        processes["gateway"] = start("gunicorn", "--config=gateway/gunicorn.conf.py")
        address = f"http://{settings.host}:{settings.port}"
        if not wait_for(lambda: is_ready(address), processes, signals):
            return
        print(f"\nRagam is ready at {address}\nTry: curl -F image=@painting.jpg {address}/prediction\nStop with Ctrl-C.\n", flush=True)
        while not signals:
            require_running(processes)
            time.sleep(POLL_SECONDS)
    finally:
        # The gateway first: what it still has to answer needs the model server.
        for name in reversed(processes):
            finish(processes[name], settings.grace_seconds + 5)


def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    # In a session of its own, so that a terminal's Ctrl-C reaches this process alone, which then stops both in order.
    return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=HERE, start_new_session=True)


def finish(process: subprocess.Popen[bytes], seconds: float) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def require_free(variable: str, host: str, port: int) -> None:
    with socket.socket() as probe:
        # As the servers bind: a port that only waits for old connections to time out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Mistake(f"{host}:{port} cannot be used ({error.strerror}). Set {variable} to another.") from error


def require_running(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise Mistake(f"The {name} ended with exit code {process.returncode}: its log above says why.")


def wait_for(condition: Callable[[], bool], processes: dict[str, subprocess.Popen[bytes]], signals: list[int]) -> bool:
    """True once `condition` holds, False once a signal has come. Raises Mistake where a process ends, or the time does."""
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        require_running(processes)
        if condition():
            return True
        if signals:
            return False
        time.sleep(POLL_SECONDS)
    raise Mistake(f"The service was not ready within {START_SECONDS} seconds: its log above says why.")


def accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
