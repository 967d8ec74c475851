"""Runs the whole service on one machine: the embedded model server and the gateway, started, watched and stopped together.

    python serve.py

Prints the address and an example once a picture can be sent. Ctrl-C, SIGTERM and a closed terminal stop both in order, a second Ctrl-C or
SIGTERM ends them at once; when one of them ends so does the other, and when this process is killed so do both.
The settings are those of the gateway, and RAGAM_MODEL_BASE_PATH, the folder of the model's versions, or RAGAM_MODEL_CONFIG_FILE.
"""

import argparse
import contextlib
import ctypes
import http.client
import os
import select
import shlex
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

# Who signals a process group, as systemd does, signals make and this process, and make passes SIGTERM on: two within milliseconds are one.
ONE_SIGNAL_SECONDS = 0.3

# Linux' options of prctl: a signal to a child when its parent ends, and this process as the parent of orphans among its descendants.
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


class CannotServe(Exception):
    """Why the service does not run, in one sentence."""


class Signals:
    """`stop` once a signal has come or the terminal has closed, `hurry` once a second signal has come."""

    def __init__(self) -> None:
        self.hurry = False
        self._first: float | None = None
        self._terminal = select.poll()
        numbers = [signal.SIGINT, signal.SIGTERM]
        # Under nohup SIGHUP is ignored, and the service goes on when its terminal closes.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
            # make does not pass SIGHUP on where it leads the terminal's session, so the terminal itself is watched too.
            if sys.stderr.isatty():
                self._terminal.register(sys.stderr.fileno(), 0)
        for number in numbers:
            signal.signal(number, self._note)

    @property
    def stop(self) -> bool:
        closed = any(event & (select.POLLHUP | select.POLLERR) for _, event in self._terminal.poll(0))
        return closed or self._first is not None

    def _note(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        # A terminal that closes may send more than one SIGHUP.
        elif number != signal.SIGHUP and now - self._first > ONE_SIGNAL_SECONDS:
            self.hurry = True


class Servers:
    """The processes of the service by name, in the order in which they were started."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        if _prctl:
            # What loses its parent, as a worker whose gunicorn was killed, becomes a child of this process, which ends it.
            _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def start(self, name: str, command: list[str]) -> None:
        # In a session of its own, so that a terminal's Ctrl-C reaches this process alone, which then stops both in order. This process
        # has one thread, which is what preexec_fn asks for.
        self._processes[name] = subprocess.Popen(command, cwd=HERE, start_new_session=True, preexec_fn=end_with_parent)  # noqa: PLW1509

    def wait_for(self, condition: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """True once `condition` holds, False once the service is to stop. Raises CannotServe where a process ends, or the time does."""
        end = time.monotonic() + seconds
        while not self._signals.stop:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise CannotServe(f"The {name} ended with exit code {process.returncode}: its log above says why.")
            if condition():
                return True
            if time.monotonic() > end:
                raise CannotServe(f"The service was not ready within {seconds} seconds: its log above says why.")
            time.sleep(POLL_SECONDS)
        return False

    def finish(self, seconds: float) -> None:
        """Ends the last that was started first, for it needs the others; each by SIGKILL after `seconds`, or at once in a hurry."""
        for process in reversed(self._processes.values()):
            end = time.monotonic() + seconds
            process.terminate()
            orphans_told = False
            while group_is_alive(process):
                if self._signals.hurry or time.monotonic() > end:
                    signal_group(process, signal.SIGKILL)
                elif process.poll() is not None and not orphans_told:
                    signal_group(process, signal.SIGTERM)
                    orphans_told = True
                time.sleep(POLL_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs the model server and the gateway until Ctrl-C.")
    parser.add_argument("--reload", action="store_true", help="start a server anew when a file of its package changes")
    arguments = parser.parse_args()
    signals = Signals()
    try:
        run(Settings.from_env(), model_flags(), signals, arguments.reload)
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


def run(settings: Settings, model: list[str], signals: Signals, reload: bool) -> None:
    """Returns once one of `signals` has come. Raises CannotServe where the service cannot start, or ends by itself."""
    serving_host, _, port = settings.serving.rpartition(":")
    serving_host, serving_port = serving_host.strip("[]"), int(port)
    require_free("model server", serving_host, serving_port, "RAGAM_SERVING")
    require_free("gateway", settings.host, settings.port, "RAGAM_HOST or RAGAM_PORT")
    grace = settings.grace_seconds + 5
    model_server = [
        sys.executable,
        "-m",
        "model_server",
        f"--host={serving_host}",
        f"--port={serving_port}",
        f"--log_level={settings.log_level}",
        *model,
        # A canary that is broken fails its own pictures, which the gateway gives to the stable version, and not the start.
        "--allow_version_labels_for_unavailable_models=true",
        "--enable_batching=true",
        f"--batching_parameters_file={HERE / 'model_repository' / 'batching.config'}",
    ]
    gateway = [program("gunicorn"), "--config=gateway/gunicorn.conf.py"]
    if reload:
        model_server, gateway = reloading(model_server, "model_server", grace), reloading(gateway, "gateway", grace)

    servers = Servers(signals)
    try:
        servers.start("model server", model_server)
        if not servers.wait_for(lambda: accepts(serving_host, serving_port), START_SECONDS):
            return
        servers.start("gateway", gateway)
        # Where this machine finds a server that listens on every address.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared with, not bound to
        if servers.wait_for(lambda: is_ready(host, settings.port), START_SECONDS):
            address = f"http://{host_and_port(host, settings.port)}"
            print(f"\nRagam is ready at {address}\nTry: curl -F image=@painting.jpg {address}/prediction\nStop with Ctrl-C.\n", flush=True)
            servers.wait_for(lambda: False)
    finally:
        servers.finish(grace)


def program(name: str) -> str:
    """One of the environment that runs this, whatever PATH says."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def reloading(command: list[str], folder: str, seconds: int) -> list[str]:
    """`command` under watchfiles, which starts it anew when a file of `folder` changes; one that has ended waits for the next change."""
    return [program("watchfiles"), "--target-type=command", f"--sigint-timeout={seconds}", shlex.join(command), folder]


def end_with_parent() -> None:
    """In a child: it gets SIGTERM when this process ends, however that is. Where there is no prctl it stays."""
    if _prctl:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def group_is_alive(process: subprocess.Popen[bytes]) -> bool:
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


def require_free(name: str, host: str, port: int, variable: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the servers bind: a port that only waits for old connections to time out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            address = host_and_port(host, port)
            raise CannotServe(f"The {name} cannot listen on {address} ({error.strerror}). Set {variable} to another.") from error


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
