"""Leaves alone, for a while, what keeps failing: a canary that hangs must not hold the threads that others need."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

FAILURES = 3
PAUSE_SECONDS = 5.0


class Breaker:
    """Open for PAUSE_SECONDS after FAILURES in a row, and after each one more, until a success closes it. For any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._opened_at = 0.0

    def leaves_alone(self) -> bool:
        """Whether it is to be left alone now. Where the pause is over, the first to ask tries it, and the others wait for the outcome."""
        with self._lock:
            if self._failures < FAILURES:
                return False
            now = self._clock()
            if now - self._opened_at < PAUSE_SECONDS:
                return True
            self._opened_at = now
            return False

    def succeeded(self) -> bool:
        """Whether this is news: it was open."""
        with self._lock:
            news = self._failures >= FAILURES
            self._failures = 0
            return news

    def failed(self) -> bool:
        """Whether this is news: it opens."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._opened_at = self._clock()
            return self._failures == FAILURES
