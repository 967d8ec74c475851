"""How many processes and threads a gateway has, and what a container's limits leave of the machine."""

import math
import os
from itertools import product

import pytest

from gateway.capacity import THREADS, Capacity, capacity, held_bytes, worker_bytes
from gateway.machine import Machine, this_machine
from gateway.settings import Settings

GB = 1024**3
MB = 1024**2


@pytest.mark.parametrize(
    ("cores", "memory", "workers", "request_bytes", "right"),
    [
        (2, 23 * GB, 0, 128 * MB, Capacity(2, 2)),
        (0.5, 4 * GB, 0, 128 * MB, Capacity(2, 2)),
        (128, 512 * GB, 0, 128 * MB, Capacity(64, 3)),
        # Memory for fewer workers than cores, which decode more at a time where there is some left; for one; for less than one.
        (64, 2 * GB, 0, 128 * MB, Capacity(3, 5)),
        (4, 1 * GB, 0, 128 * MB, Capacity(1, 5)),
        (2, 256 * MB, 0, 128 * MB, Capacity(1, 1)),
        # What is set stays.
        (2, 1 * GB, 4, MB, Capacity(4, 1)),
        # No more decoders than there are threads.
        (64, 1024 * GB, 1, MB, Capacity(1, THREADS)),
    ],
)
def test_workers_by_the_cores_or_the_memory(cores, memory, workers, request_bytes, right):
    assert capacity(Machine(cores, memory), workers, request_bytes) == right


def test_the_worst_that_requests_can_ask_for_fits():
    for cores, memory, workers in product((0.5, 1, 2, 3, 8, 64), (1, 2, 4, 16, 256), (0, 1)):
        found = capacity(Machine(cores, memory * GB), workers, 128 * MB)
        assert found.workers * worker_bytes(found.decoders, 128 * MB) <= memory * GB, (cores, memory, workers)
    assert worker_bytes(2, held_bytes(Settings().max_upload_bytes)) < 600_000_000, "a worker with the defaults"


def test_the_settings_tell_what_a_request_may_hold():
    assert Settings(workers=3).capacity() == Capacity(3, math.ceil(this_machine().cores / 3) + 1)
    # One of the largest requests is always taken.
    assert held_bytes(1) == 128 * MB
    assert held_bytes(GB) > GB + MB


def test_a_container_s_limits(tmp_path, monkeypatch):
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert this_machine(tmp_path) == Machine(8, memory)
    for cpu, most, machine in (
        ("max 100000", "max", Machine(8, memory)),
        ("150000 100000", "67108864", Machine(1.5, 67108864)),
        ("1600000 100000", str(2**62), Machine(8, memory)),
    ):
        (tmp_path / "cpu.max").write_text(f"{cpu}\n")
        (tmp_path / "memory.max").write_text(f"{most}\n")
        assert this_machine(tmp_path) == machine
