"""Samples of what the service's processes hold: memory, open files, threads."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """at: seconds from the start; pss: proportional set size in MB."""

    at: float
    role: str
    pid: int
    pss: float
    files: int
    threads: int


def look(at: float, role: str, pid: int) -> Sample | None:
    """None where the process has ended."""
    folder = Path(f"/proc/{pid}")
    try:
        pss = next(line for line in (folder / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        files = len(list((folder / "fd").iterdir()))
        status = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("Threads:"))
    except (OSError, StopIteration):
        return None
    return Sample(at, role, pid, int(pss.split()[1]) / 1024, files, int(status.split()[1]))


class Watcher:
    """Looks at every process now and then; `pids` names them by role at each look."""

    def __init__(self, pids: Callable[[], list[tuple[str, int]]], start: float, every: float) -> None:
        self._pids, self._start, self._every = pids, start, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher")
        self.samples: list[Sample] = []

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> list[Sample]:
        now = time.monotonic() - self._start
        found = [sample for role, pid in self._pids() if (sample := look(now, role, pid))]
        self.samples += found
        return found

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.look()
