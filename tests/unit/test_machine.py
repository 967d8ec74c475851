"""What a container's limits leave of the machine."""

import math
import os

import pytest

from gateway.machine import Machine, this_machine

MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("cpu", "memory", "machine"),
    [
        (None, None, Machine(8, MEMORY)),
        ("max 100000", "max", Machine(8, MEMORY)),
        ("150000 100000", "67108864", Machine(1.5, 67108864)),
        ("10000 100000", "max", Machine(0.1, MEMORY)),
        ("1600000 100000", str(2**62), Machine(8, MEMORY)),
    ],
    ids=["outside", "none", "both", "a-tenth", "more-than-there-is"],
)
def test_limits(tmp_path, monkeypatch, cpu, memory, machine):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    for name, text in (("cpu.max", cpu), ("memory.max", memory)):
        if text:
            (tmp_path / name).write_text(f"{text}\n")
    assert this_machine(tmp_path) == machine
    assert math.ceil(machine.cores) >= 1, "the model server's threads"
