"""An attack on a service that runs, in a process of its own; and what another client gets from before it until the service is quiet."""

import contextlib
import re
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import psutil

from benchmarks.hostile.attacks import ATTACKS, GOOD, Outcome, Target
from benchmarks.hostile.clients import ask, form, get, post

SECONDS_BETWEEN_REQUESTS = 0.1
QUIET_SECONDS = 30

# The bounds. What is left to do when an attack ends is what runs at that moment: a few costly pictures in each worker.
REQUEST_SECONDS, WORKER_MEGABYTES, AFTER_SECONDS = 2.0, 600, 10.0
OTHERS = {"/prediction": post("/prediction", form([GOOD])), "/healthz": get("/healthz"), "/readyz": get("/readyz")}


@dataclass
class Result:
    """`after`: processor seconds of the workers from the attack's end until they are quiet. `answers` are those that others got."""

    name: str
    outcome: Outcome
    seconds: float
    processor_seconds: float
    after: float
    peaks: list[int]
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def faults(self) -> list[str]:
        """What broke a bound that no clock judges."""
        found = []
        if wrong := self.outcome.answers.keys() - ATTACKS[self.name].right - {"held to the end"}:
            found.append(f"was answered {', '.join(sorted(wrong))}")
        if self.outcome.costliest >= REQUEST_SECONDS:
            found.append(f"a request took {self.outcome.costliest:.2f} s of a core ({self.outcome.costliest_name})")
        if max(self.peaks) >= WORKER_MEGABYTES:
            found.append(f"a worker held {max(self.peaks)} MB")
        if 0 in self.peaks:
            found.append("a worker ended")
        if self.after >= AFTER_SECONDS:
            found.append(f"{self.after:.1f} s of work were left when it ended")
        if bad := [f"{told} x {count}" for told, count in self.answers.items() if not told.endswith("200")]:
            found.append(f"others were answered {', '.join(bad)}")
        return found


class Other:
    """A client that asks for a prediction and both probes, again and again, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port, self._stop = port, threading.Event()
        self.answers: Counter[str] = Counter()
        self.slowest = 0.0

    def __enter__(self) -> "Other":
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS_BETWEEN_REQUESTS):
            for path, request in OTHERS.items():
                began = time.monotonic()
                self.answers[f"{path} {ask(self._port, request)}"] += 1
                self.slowest = max(self.slowest, time.monotonic() - began)


def workers_of(gateway: int) -> tuple[int, ...]:
    """The processes of the gunicorn whose id is `gateway`."""
    return tuple(child.pid for child in psutil.Process(gateway).children())


def forget_peaks(target: Target) -> None:
    for worker in target.workers:
        Path(f"/proc/{worker}/clear_refs").write_text("5")


def peaks(target: Target) -> list[int]:
    """The most that each worker has held in memory since forget_peaks, in MB of a million bytes; 0 for one that has ended."""
    found = []
    for worker in target.workers:
        text = ""
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{worker}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+)", text)
        found.append(int(match[1]) * 1024 // 1_000_000 if match else 0)
    return found


def settle(target: Target) -> None:
    end = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < end:
        before = target.processor_seconds()
        time.sleep(0.5)
        if target.processor_seconds() - before < 0.03:
            return


def attacked(target: Target, name: str) -> Result:
    forget_peaks(target)
    before, began = target.processor_seconds(), time.monotonic()
    # Of the attacks that are measured one request at a time, what others cost would be a part.
    with contextlib.ExitStack() as stack:
        other = None if ATTACKS[name].alone else stack.enter_context(Other(target.port))
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            outcome = pool.submit(run, name, target).result()
        seconds, spent = time.monotonic() - began, target.processor_seconds()
    settle(target)
    result = Result(name, outcome, seconds, spent - before, target.processor_seconds() - spent, peaks(target))
    if other:
        result.answers, result.slowest = other.answers, other.slowest
    return result


def run(name: str, target: Target) -> Outcome:
    return ATTACKS[name].run(target)
