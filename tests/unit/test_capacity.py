import math
import os

import pytest

from gateway.capacity import Capacity, Machine, capacity, this_machine, worker_bytes
from gateway.settings import Settings

GB = 1024**3
MB = 1024**2


def with_files(root, **files):
    """`files` by their path, with __ for /; and in proc, what /proc/self/cgroup says."""
    for name, text in files.items():
        file = root / ("proc/self/cgroup" if name == "proc" else "sys/fs/cgroup/" + name.replace("__", "/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        # As file names may not be keywords.
        file = file.with_name(file.name.replace("_max", ".max").replace("cfs", "cpu.cfs").replace("limit", "memory.limit"))
        file.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("files", "machine"),
    [
        ({}, Machine(8, 32 * GB)),
        # Version 2: in a container its own group is the uppermost one; on a system every group above has its say.
        ({"proc": "0::/", "cpu_max": "150000 100000", "memory_max": str(2 * GB)}, Machine(1.5, 2 * GB)),
        ({"proc": "0::/", "cpu_max": "max 100000", "memory_max": "max"}, Machine(8, 32 * GB)),
        ({"proc": "0::/a/b", "a__cpu_max": "400000 100000", "a__b__memory_max": str(GB), "a__memory_max": str(3 * GB)}, Machine(4, GB)),
        ({"proc": "0::/a/b", "a__cpu_max": "50000 100000", "a__b__cpu_max": "200000 100000"}, Machine(0.5, 32 * GB)),
        ({"proc": "0::/", "cpu_max": "1600000 100000", "memory_max": str(64 * GB)}, Machine(8, 32 * GB)),
        ({"proc": "0::/", "cpu_max": "", "memory_max": "much"}, Machine(8, 32 * GB)),
        # Version 1, a folder a controller; without a limit the memory is a huge number and the quota -1.
        (
            {
                "proc": "9:name=systemd:/\n4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/",
                "memory__limit_in_bytes": str(GB),
                "cpu,cpuacct__cfs_quota_us": "250000",
                "cpu,cpuacct__cfs_period_us": "100000",
            },
            Machine(2.5, GB),
        ),
        (
            {
                "proc": "4:memory:/a/b\n3:cpu:/a",
                "memory__a__b__limit_in_bytes": str(2**63 - 4096),
                "memory__a__limit_in_bytes": str(5 * GB),
                "cpu__a__cfs_quota_us": "-1",
                "cpu__a__cfs_period_us": "100000",
            },
            Machine(8, 5 * GB),
        ),
    ],
)
def test_a_machine_is_what_every_control_group_leaves(tmp_path, files, machine):
    assert this_machine(with_files(tmp_path, **files), affinity=8, memory=32 * GB) == machine


def test_without_control_groups_it_is_all_that_the_process_may_use():
    machine = this_machine()
    assert 0 < machine.cores <= len(os.sched_getaffinity(0))
    assert MB < machine.memory <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("cores", "memory", "expected"),
    [
        (2, 23 * GB, Capacity(2, 8, 2)),
        (1, 4 * GB, Capacity(2, 8, 2)),
        (0.5, 4 * GB, Capacity(2, 8, 2)),
        (2.5, 16 * GB, Capacity(3, 8, 2)),
        (128, 512 * GB, Capacity(64, 8, 3)),
        # What compose and the cluster's files set.
        (2, 2 * GB, Capacity(2, 8, 2)),
        # Memory for fewer workers than cores, which decode more at a time where there is some left; for one; for less than one.
        (64, 2 * GB, Capacity(3, 8, 5)),
        (8, 4 * GB, Capacity(7, 8, 2)),
        (4, 1 * GB, Capacity(1, 8, 5)),
        (2, 256 * MB, Capacity(1, 8, 1)),
    ],
)
def test_workers_by_the_cores_or_the_memory(cores, memory, expected):
    assert capacity(Machine(cores, memory), 0, 8, 128 * MB) == expected


@pytest.mark.parametrize("cores", [0.5, 1, 2, 3, 8, 64])
@pytest.mark.parametrize("memory", [1, 2, 4, 16, 256])
@pytest.mark.parametrize("workers", [0, 1])
def test_the_worst_that_requests_can_ask_for_fits(cores, memory, workers):
    found = capacity(Machine(cores, memory * GB), workers, 8, 128 * MB)
    assert found.workers * worker_bytes(found.decoders, 128 * MB) <= memory * GB


def test_a_worker_with_the_defaults_takes_less_than_600_mb():
    assert worker_bytes(2, Settings().max_buffered_bytes) < 600_000_000


def test_where_there_is_memory_all_cores_decode():
    for cores in (1, 2, 3, 8, 64, 200):
        found = capacity(Machine(cores, 1024 * GB), 0, 8, MB)
        assert found.workers * found.decoders >= cores


def test_what_is_set_stays():
    machine = Machine(2, 1 * GB)
    assert capacity(machine, 4, 8, MB) == Capacity(4, 8, 1)
    assert capacity(machine, 1, 16, MB) == Capacity(1, 16, 3)
    assert capacity(machine, 1, 1, MB) == Capacity(1, 1, 1)
    assert capacity(machine, 3, 100, GB) == Capacity(3, 100, 1)


def test_the_settings_tell_what_a_request_may_hold():
    assert Settings(workers=3, threads=5).capacity() == Capacity(3, 5, math.ceil(this_machine().cores / 3) + 1)
