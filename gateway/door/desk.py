"""How many requests a pool of threads may have at a time, those that wait for a thread included. Used by one thread, the loop's."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

# Whether the process lives is said by the loop itself, which never waits; the other probes, which do, have threads of their own: an
# overloaded gateway that looks dead is killed, and its load goes to the others.
_LIVENESS = "/healthz"
_PROBES = frozenset({"/readyz", "/metrics"})
_PROBE_THREADS = 2
_MOST_PROBES = 16


def is_liveness(path: str) -> bool:
    return path == _LIVENESS


def is_probe(path: str) -> bool:
    return path in _PROBES


class Desk:
    """Takes `most` requests for `pool`, and no more until one leaves."""

    def __init__(self, pool: ThreadPoolExecutor, most: int) -> None:
        self._pool = pool
        self._most = most
        self._count = 0

    @property
    def is_full(self) -> bool:
        return self._count >= self._most

    def take(self, work: Callable[[Any], bool], connection: Any, done: Callable[["Future[bool]"], None]) -> None:
        """`done` is called with the future of `work`, in the thread that did it, and has to see to it that leave() is."""
        self._count += 1
        self._pool.submit(work, connection).add_done_callback(done)

    def leave(self) -> None:
        self._count -= 1


def desks(pool: ThreadPoolExecutor, most: int) -> tuple[Desk, Desk]:
    """That of `pool` for `most` requests, and that of the probes."""
    return Desk(pool, most), Desk(ThreadPoolExecutor(_PROBE_THREADS, "probes"), _MOST_PROBES)
