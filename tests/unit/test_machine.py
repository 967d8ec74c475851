"""What a container's limits leave of the machine."""

import math
import os

from gateway.machine import Machine, this_machine

MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_limits(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    for cpu, memory, machine in (
        (None, None, Machine(8, MEMORY)),
        ("max 100000", "max", Machine(8, MEMORY)),
        ("150000 100000", "67108864", Machine(1.5, 67108864)),
        ("10000 100000", "max", Machine(0.1, MEMORY)),
        ("1600000 100000", str(2**62), Machine(8, MEMORY)),
    ):
        for name, text in (("cpu.max", cpu), ("memory.max", memory)):
            if text:
                (tmp_path / name).write_text(f"{text}\n")
        assert this_machine(tmp_path) == machine, (cpu, memory)
        assert math.ceil(machine.cores) >= 1, "the model server's threads"
