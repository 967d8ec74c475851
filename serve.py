"""Runs the whole service on one machine: the embedded model server and the gateway, started, watched and stopped together.

    python serve.py

Prints the address and an example once a picture can be sent. Ctrl-C, SIGTERM and a closed terminal stop both in order, a second Ctrl-C or
SIGTERM ends them at once; when one of them ends so does the other, and when this process is killed so do both.
The settings are those of the gateway, and RAGAM_MODEL_BASE_PATH, the folder of the model's versions, or RAGAM_MODEL_CONFIG_FILE.
"""

import contextlib
import ctypes
import errno
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from gateway.contract import MODEL_NAME
from gateway.setting_types import host_and_port
from gateway.settings import Settings, SettingsError

HERE = Path(__file__).resolve().parent
START_SECONDS = 120
POLL_SECONDS = 0.1

# make passes SIGTERM on, so that who sends it to both, as systemd does, sends this process two within milliseconds: they are one.
ONE_SIGNAL_SECONDS = 0.3

# Linux' options of prctl: a signal to a child when its parent ends, and this process as the parent of orphans among its descendants.
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


class CannotServe(Exception):
    """Why the service does not run, in one sentence."""


class Signals:
    """Those that have come: `stop` after the first, `hurry` after a second."""

    def __init__(self) -> None:
        self.stop = self.hurry = False
        self._first = 0.0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup's process goes on when its terminal closes.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._note)

    def _note(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if not self.stop:
            self.stop, self._first = True, now
        # A terminal that closes may send more than one SIGHUP.
        elif number != signal.SIGHUP and now - self._first > ONE_SIGNAL_SECONDS:
            self.hurry = True


class Terminal:
    """The one that this process was started in, if there was one. make keeps SIGHUP to itself where it leads the terminal's session."""

    def __init__(self) -> None:
        self._poll = select.poll()
        # nohup's process goes on when its terminal closes.
        if sys.stderr.isatty() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._poll.register(sys.stderr.fileno(), 0)

    def has_closed(self) -> bool:
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in self._poll.poll(0))


def main() -> None:
    signals = Signals()
    try:
        run(Settings.from_env(), model_flags(), signals)
    except (CannotServe, SettingsError) as error:
        sys.exit(str(error))
    if signals.hurry:
        sys.exit("Ended at once: what was under way has no answer.")


def model_flags() -> list[str]:
    """What the model server is told to serve. Raises CannotServe where there is nothing to serve."""
    if file := os.environ.get("RAGAM_MODEL_CONFIG_FILE"):
        return [f"--model_config_file={Path(file).resolve()}", "--model_config_file_poll_wait_seconds=1"]
    model = Path(os.environ.get("RAGAM_MODEL_BASE_PATH") or HERE / "model_repository" / MODEL_NAME).resolve()
    if not any(version.name.isdigit() for version in model.glob("*/") if (version / "saved_model.pb").exists()):
        raise CannotServe(
            f"There is no model in {model}: it needs a folder named by a number with a SavedModel. Set RAGAM_MODEL_BASE_PATH."
        )
    return [f"--model_name={MODEL_NAME}", f"--model_base_path={model}"]


def run(settings: Settings, model: list[str], signals: Signals) -> None:
    """Returns once one of `signals` has come. Raises CannotServe where the service cannot start, or ends by itself."""
    serving_host, _, port = settings.serving.rpartition(":")
    serving_host, serving_port = serving_host.strip("[]"), int(port)
    require_free("RAGAM_SERVING, where the model server is started,", "RAGAM_SERVING", serving_host, serving_port)
    require_free("RAGAM_HOST", "RAGAM_PORT", settings.host, settings.port)
    if _prctl:
        # What loses its parent, as a worker whose gunicorn was killed, becomes a child of this process, which ends it.
        _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    terminal = Terminal()
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        processes["model server"] = start(
            sys.executable,
            "-m",
            "model_server",
            f"--host={serving_host}",
            f"--port={serving_port}",
            *model,
            # A canary that is broken fails its own pictures, which the gateway gives to the stable version, and not the start.
            "--allow_version_labels_for_unavailable_models=true",
            "--enable_batching=true",
            f"--batching_parameters_file={HERE / 'model_repository' / 'batching.config'}",
        )
        if not wait_for(lambda: accepts(serving_host, serving_port), processes, signals):
            return
        # The program, as the image starts it.
        processes["gateway"] = start(str(Path(sysconfig.get_path("scripts")) / "gunicorn"), "--config=gateway/gunicorn.conf.py")
        host = reachable(settings.host)
        if not wait_for(lambda: is_ready(host, settings.port), processes, signals):
            return
        address = f"http://{host_and_port(host, settings.port)}"
        print(f"\nRagam is ready at {address}\nTry: curl -F image=@painting.jpg {address}/prediction\nStop with Ctrl-C.\n", flush=True)
        while not signals.stop and not terminal.has_closed():
            require_running(processes)
            time.sleep(POLL_SECONDS)
    finally:
        # The gateway first: what it still has to answer needs the model server.
        for name in reversed(processes):
            finish(processes[name], settings.grace_seconds + 5, signals)


def start(*command: str) -> subprocess.Popen[bytes]:
    # In a session of its own, so that a terminal's Ctrl-C reaches this process alone, which then stops both in order. This process has
    # one thread, which is what preexec_fn asks for.
    return subprocess.Popen(command, cwd=HERE, start_new_session=True, preexec_fn=end_with_parent)  # noqa: PLW1509


def end_with_parent() -> None:
    """In a child: it gets SIGTERM when this process ends, however that is. Where there is no prctl it stays."""
    if _prctl:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def finish(process: subprocess.Popen[bytes], seconds: float, signals: Signals) -> None:
    """Ends `process` and all that it started, by SIGKILL after `seconds` or where `signals` say so."""
    end = time.monotonic() + seconds
    process.terminate()
    process_ended = False
    while is_alive(process):
        if signals.hurry or time.monotonic() > end:
            signal_group(process, signal.SIGKILL)
        elif process.poll() is not None and not process_ended:
            # Left over: workers of a gunicorn that was killed.
            process_ended = True
            signal_group(process, signal.SIGTERM)
        time.sleep(POLL_SECONDS)


def is_alive(process: subprocess.Popen[bytes]) -> bool:
    """Whether it runs, or any of its group that has become this process's child."""
    if process.poll() is None:
        return True
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, _ = os.waitpid(-process.pid, os.WNOHANG)
            if not ended:
                return True
    return False


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def reachable(host: str) -> str:
    """Where this machine finds a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound to


def require_free(address_variable: str, port_variable: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the servers bind: a port that only waits for old connections to time out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            variable = port_variable if error.errno == errno.EADDRINUSE else address_variable
            raise CannotServe(f"{host_and_port(host, port)} cannot be used ({error.strerror}). Set {variable} to another.") from error


def require_running(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise CannotServe(f"The {name} ended with exit code {process.returncode}: its log above says why.")


def wait_for(condition: Callable[[], bool], processes: dict[str, subprocess.Popen[bytes]], signals: Signals) -> bool:
    """True once `condition` holds, False once a signal has come. Raises CannotServe where a process ends, or the time does."""
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        require_running(processes)
        if condition():
            return True
        if signals.stop:
            return False
        time.sleep(POLL_SECONDS)
    raise CannotServe(f"The service was not ready within {START_SECONDS} seconds: its log above says why.")


def accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def is_ready(host: str, port: int) -> bool:
    # http.client: it knows no proxy that the environment may name.
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
