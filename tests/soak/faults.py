"""Does to the service what the plan says, and notes from when to when a request may fail by it."""

import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import requests
from schedule import Fault
from service import Service

FREEZE_SECONDS = 1.0

# A machine with other work on it may take long to load a model; a service that is not ready by then never will be.
MOST_SECONDS = 120

# Once every worker is ready again: calls that began before still come to their ends.
AFTER_SECONDS = 8


@dataclass(frozen=True)
class Window:
    """Within it requests may get one of `statuses` (0 for a lost connection) in place of their answer; back: seconds until ready again."""

    kind: str
    start: float
    end: float
    statuses: frozenset[int]
    back: float


class NotReady(Exception):
    """The service was not ready again after a fault, or did not serve a version."""


class Faults:
    """The first model is served all the time, as version 1; `second` comes and goes as version 2. `picture` is what it asks them with."""

    def __init__(self, service: Service, second: Path, picture: bytes) -> None:
        self._service, self._second, self._picture = service, second, picture
        self.windows: list[Window] = []

    def run(self, fault: Fault) -> None:
        """Returns when the service is ready again. Raises NotReady."""
        start = time.monotonic()
        statuses = self._do(fault.kind)
        while not self._is_ready():
            if time.monotonic() > start + MOST_SECONDS:
                raise NotReady(f"{fault.kind}: not ready after {MOST_SECONDS} s")
            time.sleep(0.1)
        back = time.monotonic()
        # The requests of a killed worker are lost at once.
        end = back if statuses == {0} else back + AFTER_SECONDS
        self.windows.append(Window(fault.kind, start, end, frozenset(statuses), round(back - start, 2)))

    def publish(self) -> None:
        self._service.publish(self._second, 2)

    def served(self) -> int:
        """The version that answers, 0 for none."""
        try:
            answer = self._service.post(self._picture, "a.png")
        except requests.RequestException:
            return 0
        return answer.json()["data"]["model"]["version"] if answer.status_code == 200 else 0

    def await_version(self, version: int) -> None:
        end = time.monotonic() + MOST_SECONDS
        while self.served() != version:
            if time.monotonic() > end:
                raise NotReady(f"version {version} is not served after {MOST_SECONDS} s")
            time.sleep(0.1)

    def _do(self, kind: str) -> set[int]:
        """The statuses that it excuses."""
        server = self._service.model_server
        if kind in {"model server killed", "model server restarted"}:
            server.signal(signal.SIGKILL if kind.endswith("killed") else signal.SIGTERM)
            server.wait()
            self._service.model_server = self._service.start_model_server()
            return {503, 504}
        if kind == "model server frozen":
            server.signal(signal.SIGSTOP)
            time.sleep(FREEZE_SECONDS)
            server.signal(signal.SIGCONT)
            return {503, 504}
        if kind == "worker killed":
            before = set(self._service.gateway.children())
            os.kill(min(before), signal.SIGKILL)
            while set(self._service.gateway.children()) <= before:
                time.sleep(0.05)
            return {0}
        self._change_versions(kind)
        return set()

    def _change_versions(self, kind: str) -> None:
        there = self._service.models / "2"
        if kind == "version published" and not there.exists():
            self.publish()
            self.await_version(2)
        elif kind == "version removed" and there.exists():
            shutil.rmtree(there)
            self.await_version(1)
        elif kind == "version broken":
            broken = self._service.models / "3"
            broken.mkdir()
            (broken / "saved_model.pb").write_bytes(b"no graph")
            time.sleep(2)
            shutil.rmtree(broken)

    def _is_ready(self) -> bool:
        try:
            return self._service.ready()
        except requests.RequestException:
            return False
