"""How much is left to whom: the limits of the operator, counted by the library `limits` in memory or in Redis. Knows nothing of HTTP."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from gateway.auth.quota_memory import QuotaMemory

IN_MEMORY = "memory://"

# How long Redis may take to be connected to, and to answer a command. Whoever waits is a client.
STORAGE_SECONDS = 0.2

# After Redis failed, nobody waits for it for as long.
PAUSE_SECONDS = 1.0

logger = logging.getLogger("ragam.quota")


@dataclass(frozen=True)
class Standing:
    """How one limit stands for one client: `remaining` of `amount` pictures, in a window of `window` seconds that ends in `ends`."""

    amount: int
    window: int
    remaining: int
    ends: int
    fits: bool


class Quota:
    """`limits`, as in "60/minute;5/second", for everyone by itself. A window begins with a client's first request, and ends all at once.

    Where the storage is away nothing is limited: a service that answers too much is better than one that answers nobody.
    """

    def __init__(self, limits: str, storage: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises ValueError for limits that cannot be read. Connects to nothing."""
        self._items: list[RateLimitItem] = parse_many(limits)
        self._storage = storage
        self._clock = clock
        self._lock = Lock()
        self._away_until: float | None = None

    @property
    def most(self) -> int:
        """More pictures than this never fit, however long one waits."""
        return min(item.amount for item in self._items)

    def take(self, who: str, pictures: int = 1) -> list[Standing]:
        """How every limit stands for `who` now. Where all of them fit, `pictures` have been taken from each, else nothing has.

        But for a race: of two who come for the last of it at the same moment one gets it, and what the other takes of it, and of the
        limits that still fit, is lost to `who` until their windows end. Never more than a limit gets through.

        Empty where nothing is limited at the moment.
        """

        def count(limiter: FixedWindowRateLimiter) -> list[Standing]:
            before = [limiter.get_window_stats(item, who) for item in self._items]
            fits = [stats.remaining >= pictures for stats in before]
            if all(fits):
                # Others may have come in between: what is counted, not what was read, decides.
                fits = [limiter.hit(item, who, cost=pictures) for item in self._items]
            standings = []
            for item, stats, fit in zip(self._items, before, fits, strict=True):
                untouched = stats.remaining == item.amount
                ends = item.get_expiry() if untouched else max(1, math.ceil(stats.reset_time - time.time()))
                remaining = max(0, stats.remaining - pictures) if all(fits) else stats.remaining
                standings.append(Standing(item.amount, item.get_expiry(), remaining, ends, fit))
            return standings

        return self._unless_away(count)

    def exhausted(self, who: str) -> list[Standing]:
        """The limits of which `who` has nothing left. Takes nothing."""

        def look(limiter: FixedWindowRateLimiter) -> list[Standing]:
            stats = [(item, limiter.get_window_stats(item, who)) for item in self._items]
            return [
                Standing(item.amount, item.get_expiry(), 0, max(1, math.ceil(stat.reset_time - time.time())), fits=False)
                for item, stat in stats
                if stat.remaining < 1
            ]

        return self._unless_away(look)

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        # Made in the worker, by its first request: neither a thread nor a connection survives gunicorn's fork.
        if self._storage == IN_MEMORY:
            return FixedWindowRateLimiter(QuotaMemory())
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Its own retries would make a client wait for seconds.
        options: dict[str, Any] = {
            "socket_timeout": STORAGE_SECONDS,
            "socket_connect_timeout": STORAGE_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        return FixedWindowRateLimiter(storage_from_string(self._storage, wrap_exceptions=True, **options))

    def _unless_away(self, ask: Callable[[FixedWindowRateLimiter], list[Standing]]) -> list[Standing]:
        with self._lock:
            if self._away_until is not None and self._clock() < self._away_until:
                return []
        try:
            with self._lock:
                limiter = self._limiter
            standings = ask(limiter)
        except StorageError as error:
            self._note(self._clock() + PAUSE_SECONDS, error)
            return []
        self._note(None)
        return standings

    def _note(self, away_until: float | None, error: StorageError | None = None) -> None:
        """Logs when the storage goes and when it is back, and not what every request finds."""
        with self._lock:
            before, self._away_until = self._away_until, away_until
        if before is None and away_until is not None:
            logger.warning("nothing is rate limited: the storage does not answer: %s", error and error.storage_error)
        if before is not None and away_until is None:
            logger.info("requests are rate limited again")
