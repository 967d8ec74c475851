"""How many processes and threads a gateway should have, from the cores and the memory that it may use."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What a worker keeps, whatever it does at the moment: up to 90 MB after thousands of pictures of 1600 x 1200.
WORKER_BYTES = 100 * 1024**2

# A PNG with transparency is decoded into 8.3 bytes a pixel, which is the most that a picture takes: tests/unit/test_preprocess.py.
BYTES_A_PIXEL = 9

# Threads that do not decode wait for the model, for a core or for their turn to decode: with more of them nothing goes faster, with
# fewer than four a worker waits where it could decode.
LEAST_THREADS = 4
MOST_THREADS = 8

# One process that dies takes its requests along, and the other answers on.
LEAST_WORKERS = 2
MOST_WORKERS = 64


@dataclass(frozen=True)
class Machine:
    """What this process may use: cores, a fraction where a quota says so, and bytes of memory."""

    cores: float
    memory: int


@dataclass(frozen=True)
class Capacity:
    """Gateway processes, threads in each, and how many of these may decode at the same time."""

    workers: int
    threads: int
    decoders: int


def capacity(machine: Machine, workers: int, threads: int, picture_bytes: int, request_bytes: int) -> Capacity:
    """`workers` and `threads` as they are where they are set; where they are 0, what suits `machine`.

    `picture_bytes` is the most that decoding takes, `request_bytes` the most that a request holds beside it. There is a worker for each
    core and at least two, or as many as the memory holds with LEAST_THREADS in each; threads up to MOST_THREADS, or as many as the memory
    holds beside one picture; decoders for all cores, or as many as it holds then. At least one of each: nothing here makes a picture fit
    that does not.
    """
    if not workers:
        fitting = machine.memory // (WORKER_BYTES + picture_bytes + LEAST_THREADS * request_bytes)
        workers = max(1, min(max(LEAST_WORKERS, math.ceil(machine.cores)), MOST_WORKERS, fitting))
    share = machine.memory // workers - WORKER_BYTES
    if not threads:
        threads = max(1, min(MOST_THREADS, (share - picture_bytes) // request_bytes))
    fitting = (share - threads * request_bytes) // picture_bytes
    return Capacity(workers, threads, max(1, min(math.ceil(machine.cores / workers), threads, fitting)))


def this_machine(root: Path = Path("/"), affinity: int | None = None, memory: int | None = None) -> Machine:
    """Of the cores and the memory that there are, what the control groups (version 1 or 2) under `root` leave to this process."""
    cores = float(affinity or len(os.sched_getaffinity(0)))
    memory = memory or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for folder in _groups(root):
        cores = min(cores, _quota(folder) or cores)
        for name in ("memory.max", "memory.limit_in_bytes"):
            memory = min(memory, _number(folder / name) or memory)
    return Machine(cores, memory)


def _groups(root: Path) -> Iterator[Path]:
    """The folders of this process's control groups and of those above, of which each may set a limit.

    A container sees its own group as the uppermost one, while version 1 may still name it by its path outside: where there is no such
    folder the uppermost remains.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        top = root / "sys/fs/cgroup" / controllers
        folder = top / group.lstrip("/")
        yield folder
        yield from (parent for parent in folder.parents if parent.is_relative_to(top))


def _quota(folder: Path) -> float | None:
    """Cores that the group may use, None without a limit."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        quota, period = (str(_number(folder / f"cpu.cfs_{name}_us") or "max") for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _number(file: Path) -> int | None:
    """The number in `file`, None where there is no file or no number above 0, which all stand for no limit."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) else None
