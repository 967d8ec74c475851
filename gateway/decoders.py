"""Whose turn it is to decode: as many pictures at the same time as the memory and the cores bear, first come, first served."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from gateway.metrics import stage


class Decoders:
    """`count` of them. threading's semaphores let whoever comes at the right moment pass all those that wait, again and again."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()

    def acquire(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            place = Lock()
            place.acquire()
            self._waiting.append(place)
        # Free once a decoder is this thread's.
        place.acquire()

    def release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


@contextmanager
def turn(decoders: Decoders, milliseconds: dict[str, Any]) -> Iterator[None]:
    """Holds one of `decoders` for its body. The wait for it is the stage `turn`, as metrics.stage has it, and is not the body's time."""
    with stage("turn", milliseconds):
        decoders.acquire()
    try:
        yield
    finally:
        decoders.release()
