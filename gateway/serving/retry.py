"""How often a call that failed is made once more: from a budget, so that a server in trouble is not given twice the work."""

from threading import Lock

from gateway.telemetry.metrics import RETRIES

# A burst of failures, such as a model server that stops with these many calls in it, is retried in full.
MOST = 10.0

# What a call that succeeded adds: of a server that fails now and then at most one call in ten is made twice.
EARNED = 0.1


class RetryBudget:
    """Of one gateway process. It begins full; without successes it is used up after MOST retries, however many calls fail."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left = MOST

    def earn(self) -> None:
        """A call has succeeded."""
        with self._lock:
            self._left = min(MOST, self._left + EARNED)

    def spend(self) -> bool:
        """Whether a call that failed may be made once more."""
        with self._lock:
            allowed = self._left >= 1
            if allowed:
                self._left -= 1
        RETRIES.labels("made" if allowed else "refused").inc()
        return allowed
