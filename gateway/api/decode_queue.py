"""Who may decode: as many pictures at the same time as the memory and the cores bear, first come, first served.

What a picture will cost is known before it is decoded. The costly ones, of which a few kilobytes take a second, share one queue of a
worker, in which at most half of its threads are, so that the cheap ones go past them.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from gateway.errors import Overloaded
from gateway.picture.limits import Cost
from gateway.telemetry.metrics import stage


class DecodeQueue:
    """`count` pictures at the same time, and at most `most` that are decoded or wait.

    Who would have to wait for longer than `max_wait_seconds`, by what is before, is refused at once; who has waited so long, then. None:
    no limit. threading's semaphores let whoever comes at the right moment pass all those that wait, again and again.
    """

    def __init__(self, count: int, most: int | None = None, max_wait_seconds: float | None = None) -> None:
        self._free = self._count = count
        self._most = most
        self._max_wait_seconds = max_wait_seconds
        self._waiting: deque[Lock] = deque()
        self._inside = 0
        self._seconds = 0.0
        self._lock = Lock()

    def acquire(self, seconds: float = 0.0) -> None:
        """For a picture that is decoded in `seconds`. Raises Overloaded."""
        with self._lock:
            is_full = self._most is not None and self._inside >= self._most
            is_long = not self._free and self._max_wait_seconds is not None and self._seconds / self._count > self._max_wait_seconds
            if is_full or is_long:
                raise Overloaded
            self._inside += 1
            self._seconds += seconds
            if self._free:
                self._free -= 1
                return
            place = Lock()
            place.acquire()
            self._waiting.append(place)
        # Free once it is this thread's.
        if place.acquire(timeout=-1 if self._max_wait_seconds is None else self._max_wait_seconds):
            return
        with self._lock:
            if place not in self._waiting:
                # It became free at the last moment.
                return
            self._waiting.remove(place)
            self._inside -= 1
            self._seconds -= seconds
        raise Overloaded

    def release(self, seconds: float = 0.0) -> None:
        """`seconds` as with acquire."""
        with self._lock:
            self._inside -= 1
            self._seconds -= seconds
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


class DecodeQueues:
    """`count` queues for cheap pictures in a process of `threads`, and one for costly ones."""

    def __init__(self, count: int, threads: int, max_wait_seconds: float) -> None:
        self._cheap = DecodeQueue(count)
        self._costly = DecodeQueue(1, max(1, threads // 2), max_wait_seconds)

    @contextmanager
    def slot(self, cost: Cost, milliseconds: dict[str, Any], *, is_costly: bool = False) -> Iterator[None]:
        """For a picture of `cost`, or one of a request that `is_costly` in all, held for the body.

        The wait is the stage `decode_wait`, as metrics.stage has it.

        Raises Overloaded where there are too many costly pictures.
        """
        queue = self._costly if cost.is_costly or is_costly else self._cheap
        with stage("decode_wait", milliseconds):
            queue.acquire(cost.seconds)
        try:
            yield
        finally:
            queue.release(cost.seconds)
