import math

import pytest

from gateway.capacity import THREADS, Capacity, capacity, held_bytes, worker_bytes
from gateway.machine import Machine, this_machine
from gateway.settings import Settings

GB = 1024**3
MB = 1024**2


@pytest.mark.parametrize(
    ("cores", "memory", "expected"),
    [
        (2, 23 * GB, Capacity(2, 2)),
        (1, 4 * GB, Capacity(2, 2)),
        (0.5, 4 * GB, Capacity(2, 2)),
        (2.5, 16 * GB, Capacity(3, 2)),
        (128, 512 * GB, Capacity(64, 3)),
        # What compose and the cluster's files set.
        (2, 2 * GB, Capacity(2, 2)),
        # Memory for fewer workers than cores, which decode more at a time where there is some left; for one; for less than one.
        (64, 2 * GB, Capacity(3, 5)),
        (8, 4 * GB, Capacity(7, 2)),
        (4, 1 * GB, Capacity(1, 5)),
        (2, 256 * MB, Capacity(1, 1)),
    ],
)
def test_workers_by_the_cores_or_the_memory(cores, memory, expected):
    assert capacity(Machine(cores, memory), 0, 128 * MB) == expected


@pytest.mark.parametrize("cores", [0.5, 1, 2, 3, 8, 64])
@pytest.mark.parametrize("memory", [1, 2, 4, 16, 256])
@pytest.mark.parametrize("workers", [0, 1])
def test_the_worst_that_requests_can_ask_for_fits(cores, memory, workers):
    found = capacity(Machine(cores, memory * GB), workers, 128 * MB)
    assert found.workers * worker_bytes(found.decoders, 128 * MB) <= memory * GB


def test_a_worker_with_the_defaults_takes_less_than_600_mb():
    assert worker_bytes(2, held_bytes(Settings().max_upload_bytes)) < 600_000_000


def test_where_there_is_memory_all_cores_decode():
    for cores in (1, 2, 3, 8, 64, 200):
        found = capacity(Machine(cores, 1024 * GB), 0, MB)
        assert found.workers * found.decoders >= cores


def test_what_is_set_stays():
    machine = Machine(2, 1 * GB)
    assert capacity(machine, 4, MB) == Capacity(4, 1)
    assert capacity(machine, 1, MB) == Capacity(1, 3)
    assert capacity(machine, 3, GB) == Capacity(3, 1)
    # No more than there are threads.
    assert capacity(Machine(64, 1024 * GB), 1, MB) == Capacity(1, THREADS)


def test_the_settings_tell_what_a_request_may_hold():
    assert Settings(workers=3).capacity() == Capacity(3, math.ceil(this_machine().cores / 3) + 1)


def test_one_of_the_largest_requests_is_always_taken():
    assert held_bytes(1) == 128 * MB
    assert held_bytes(GB) > GB + MB
