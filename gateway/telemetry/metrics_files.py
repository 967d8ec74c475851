"""The files in which workers keep their metrics, on a disk that may be full.

prometheus_client writes to them through a memory map, to bytes that the disk has not given yet: where it has none left the kernel
ends the process (SIGBUS), and each that is started in its place. Here the bytes are reserved before they are written to.
"""

import errno
import logging
import os
from pathlib import Path

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

logger = logging.getLogger("ragam.metrics")

FIRST_BYTES = 64 * 1024

# What an entry takes beyond its key: its length, up to eight bytes of padding, value and time.
ENTRY_BYTES = 4 + 8 + 16


def reserve_before_writing() -> None:
    """For every metric that is made from here on, where PROMETHEUS_MULTIPROC_DIR is set."""
    values.MmapedDict = ReservedDict  # type: ignore[attr-defined]


def ensure_folder() -> None:
    """Makes PROMETHEUS_MULTIPROC_DIR, where it is set, again after a cleaner of /tmp has swept it. What was counted there is lost."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)


class ReservedDict(MmapedDict):
    """The library's dict. Where the disk is full it lies in memory: its metrics go on, and are missing from what others read."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        super().__init__(filename if read_mode else _reserved(filename), read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + ENTRY_BYTES > self._capacity:
            try:
                os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
            except OSError as error:
                _tell(error)
                # Under its name stays what it has counted so far.
                memory = Path(_in_memory()).open("a+b")  # noqa: SIM115 closed by the library, with the dict
                memory.write(self._m[:])
                memory.flush()
                self._f.close()
                self._f = memory
        super()._init_value(key)  # type: ignore[no-untyped-call]


def _reserved(filename: str) -> str:
    path = Path(filename)
    ensure_folder()
    with path.open("ab") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, FIRST_BYTES)
        except OSError as error:
            _tell(error)
            # An empty file is none that the collector can read.
            path.unlink()
            return _in_memory()
    return filename


def _in_memory() -> str:
    """The name of a new file that lies in memory, for as long as this process has it open."""
    return f"/proc/self/fd/{os.memfd_create('metrics')}"


def _tell(error: OSError) -> None:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    logger.warning("the disk is full: until this process is replaced, some of its metrics are missing from /metrics")
