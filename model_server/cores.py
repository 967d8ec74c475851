"""How many cores this process may use: those that it may run on, or fewer where a container has a quota (cgroup v2)."""

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = _QUOTA) -> int:
    """At least 1; a quota of one and a half cores counts as two."""
    cores = len(os.sched_getaffinity(0))
    try:
        allowed, period = quota.read_text(encoding="ascii").split()
    except OSError:  # no cgroup v2, or the root's, which has no quota
        return cores
    return cores if allowed == "max" else max(1, min(cores, -(-int(allowed) // int(period))))
