"""SIGTERM and SIGINT as bytes that the main thread reads.

A Python handler that sets an Event is not enough: handlers run between two bytecodes of the main thread, so one whose signal comes
just before the main thread starts to wait runs only when the wait ends, which is never; and one that comes while the main thread
holds the Event's own lock waits for it for ever.
"""

import select
import signal
import socket


class StopSignals:
    """Takes over both signals when made, which only the main thread may do."""

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def arrived(self) -> bool:
        return bool(select.select([self._read], [], [], 0)[0])

    def wait(self) -> None:
        """Returns once either signal has come, at once if it has already."""
        select.select([self._read], [], [])
