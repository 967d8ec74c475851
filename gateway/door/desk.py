"""How many requests a pool of threads may have at a time, those that wait for a thread included. Used by one thread, the loop's."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gateway.metrics import IN_FLIGHT, IN_FLIGHT_LIMIT

# Whether the process lives is said by the loop itself, which never waits; the other probes, which do, have threads of their own: an
# overloaded gateway that looks dead is killed, and its load goes to the others.
_LIVENESS = "/healthz"
_PROBES = frozenset({"/readyz", "/metrics"})
_PROBE_THREADS = 2
_MOST_PROBES = 16


def is_liveness(method: str, path: str) -> bool:
    """Whether only a look is asked for: whatever else is sent there meets keys and quotas, which may wait for Redis."""
    return path == _LIVENESS and method in ("GET", "HEAD")


def is_probe(path: str) -> bool:
    return path in _PROBES


class Desk:
    """Takes `most` requests for `pool`, and no more until one leaves. Where it is `counted` the metrics tell how many it has."""

    def __init__(self, pool: ThreadPoolExecutor, most: int, *, counted: bool) -> None:
        self._pool = pool
        self.most = most
        self._counted = counted
        self._count = 0
        if counted:
            IN_FLIGHT_LIMIT.set(most)

    @property
    def is_full(self) -> bool:
        return self._count >= self.most

    def take(self, work: Callable[[Any], bool], connection: Any, done: Callable[["Future[bool]"], None]) -> None:
        """`done` is called with the future of `work`, in the thread that did it, and has to see to it that leave() is."""
        self._count += 1
        if self._counted:
            IN_FLIGHT.inc()
        self._pool.submit(work, connection).add_done_callback(done)

    def leave(self) -> None:
        self._count -= 1
        if self._counted:
            IN_FLIGHT.dec()


def desks(pool: ThreadPoolExecutor, most: int) -> tuple[Desk, Desk]:
    """That of `pool` for `most` requests, and that of the probes."""
    return Desk(pool, most, counted=True), Desk(ThreadPoolExecutor(_PROBE_THREADS, "probes"), _MOST_PROBES, counted=False)
