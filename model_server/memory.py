"""Gives back to the system what loading and unloading a version leave behind: half of what the process has, measured."""

import ctypes
import gc

# Only glibc has it, and only there freed memory stays with the process for good.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """A graph is a circle of Python objects that holds the runtime's memory, of whose size the collector knows nothing."""
    gc.collect()
    if _trim is not None:
        _trim(0)
