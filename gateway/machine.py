"""What this process may use of the machine. Also the model server's, so it imports nothing of the gateway."""

import os
from dataclasses import dataclass
from pathlib import Path

# A container's own limits, which neither os.sched_getaffinity nor os.process_cpu_count nor psutil knows (cgroup v2).
LIMITS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """Cores, a fraction where a quota says so, and bytes of memory."""

    cores: float
    memory: int


def this_machine(limits: Path = LIMITS) -> Machine:
    """The cores that this process may run on and the machine's memory, or what a container's limits leave of them."""
    cores = float(len(os.sched_getaffinity(0)))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    quota, _, period = _read(limits / "cpu.max").partition(" ")
    if quota.isdigit():
        cores = min(cores, int(quota) / int(period))
    most = _read(limits / "memory.max")
    if most.isdigit():
        memory = min(memory, int(most))
    return Machine(cores, memory)


def _read(file: Path) -> str:
    """Empty where there is none: outside of a container."""
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""
