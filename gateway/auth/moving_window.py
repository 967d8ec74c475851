"""How much each sender has left: the operator's limits in moving windows, counted in memory or by the library `limits` in Redis.

Knows nothing of HTTP. A picture counts for as long as its limit's window is, from the moment it was taken on.
"""

import logging
import math
import time
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import RedisStorage

IN_MEMORY = "memory://"

# How long Redis may take to be connected to, and to answer a command: a client waits for it.
STORAGE_SECONDS = 0.2

# For so long after Redis failed it is not asked.
PAUSE_SECONDS = 1.0

logger = logging.getLogger("ragam.rate_limit")


@dataclass(frozen=True)
class LimitState:
    """What one sender has left of one limit: `remaining` of `amount` pictures in `window` seconds, and more after `seconds`."""

    amount: int
    window: int
    remaining: int
    seconds: int


@dataclass(frozen=True)
class Outcome:
    """Whether the pictures fit every limit, the seconds until they do, and the state of each limit: of none while Redis is away."""

    fits: bool
    wait: int
    limits: list[LimitState]


class MovingWindows:
    """`limits`, as in "60/minute;5/second", for each sender by itself.

    While Redis is away nothing is limited: a service that answers too much is better than one that answers nobody.
    """

    def __init__(self, limits: str, storage: str) -> None:
        """Raises ValueError for limits that cannot be read. Connects to nothing."""
        self._items: list[RateLimitItem] = parse_many(limits)
        self._shortest_first = sorted(self._items, key=lambda item: item.get_expiry())
        self._storage = MemoryStorage() if storage == IN_MEMORY else _redis(storage)
        self._lock = Lock()
        self._away_until: float | None = None

    @property
    def most(self) -> int:
        """More pictures than this never fit."""
        return min(item.amount for item in self._items)

    def take(self, sender: str, pictures: int = 1, *, again: int = 0) -> Outcome:
        """Takes `pictures` from each limit, the shortest window first, up to one in which they do not fit.

        again: how many the sender would have to send again, where that is more than `pictures`; Outcome.wait is for them.
        """

        def take() -> Outcome:
            # A short window that was taken from in vain is over long before the longer one has room.
            fits = all(
                self._storage.acquire_entry(item.key_for(sender), item.amount, item.get_expiry(), amount=pictures)
                for item in self._shortest_first
            )
            return self._outcome(sender, max(pictures, again), fits=fits)

        return self._unless_away(take)

    def look(self, sender: str) -> Outcome:
        """As take, and takes nothing."""

        def look() -> Outcome:
            outcome = self._outcome(sender, 1, fits=False)
            return Outcome(all(limit.remaining for limit in outcome.limits), outcome.wait, outcome.limits)

        return self._unless_away(look)

    def _outcome(self, sender: str, pictures: int, *, fits: bool) -> Outcome:
        limits, wait = [], 1
        for item in self._items:
            key, window = item.key_for(sender), item.get_expiry()
            start, used = self._storage.get_moving_window(key, item.amount, window)
            limits.append(LimitState(item.amount, window, item.amount - used, _seconds_until(start + window)))
            if not fits and used + pictures > item.amount:
                # They fit once the oldest of so many of the newest is out of the window.
                start, _ = self._storage.get_moving_window(key, item.amount - pictures + 1, window)
                wait = max(wait, _seconds_until(start + window))
        return Outcome(fits, wait, limits)

    def _unless_away(self, ask: Callable[[], Outcome]) -> Outcome:
        unlimited = Outcome(fits=True, wait=0, limits=[])
        with self._lock:
            if self._away_until is not None and time.monotonic() < self._away_until:
                return unlimited
        try:
            outcome = ask()
        except StorageError as error:
            self._note(time.monotonic() + PAUSE_SECONDS, error)
            return unlimited
        self._note(None)
        return outcome

    def _note(self, away_until: float | None, error: StorageError | None = None) -> None:
        """Logs when the storage goes and when it is back, and not what every request finds."""
        with self._lock:
            before, self._away_until = self._away_until, away_until
        if before is None and away_until is not None:
            logger.warning("nothing is rate limited: the storage does not answer: %s", error and error.storage_error)
        if before is not None and away_until is None:
            logger.info("requests are rate limited again")


class MemoryStorage:
    """For one process, what MovingWindows asks of RedisStorage.

    The library's own never forgets a sender in its moving windows, and looks through all of them after nearly every request.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        # For each length of window and each sender, when each picture stops counting, the oldest first. Senders in the order of their last.
        self._ends: defaultdict[int, OrderedDict[str, list[float]]] = defaultdict(OrderedDict)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Takes `amount` of what `key` has left of `limit` pictures in `expiry` seconds, or nothing where it has less."""
        with self._lock:
            now, senders = time.time(), self._ends[expiry]
            _forget(senders, now)
            ends = senders.get(key, [])
            del ends[: bisect_right(ends, now)]
            if len(ends) + amount > limit:
                return False
            ends.extend([now + expiry] * amount)
            senders[key] = ends
            senders.move_to_end(key)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest of the newest `limit` pictures of `key` was taken, and how many of them count; now and 0 where none does."""
        with self._lock:
            now, ends = time.time(), self._ends[expiry].get(key, [])
            count = min(limit, len(ends) - bisect_right(ends, now))
            return (ends[-count] - expiry, count) if count else (now, 0)

    def __len__(self) -> int:
        """How many senders are kept, for each length of window."""
        return sum(len(senders) for senders in self._ends.values())


def _forget(senders: OrderedDict[str, list[float]], now: float) -> None:
    """Drops the senders whose pictures have all stopped counting. They come first, so that no others are looked at."""
    while senders:
        first = next(iter(senders))
        if senders[first] and senders[first][-1] > now:
            return
        del senders[first]


def _redis(address: str) -> RedisStorage:
    # Slow to import, and needed only here.
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # Redis' own retries would make a client wait for seconds.
    options: dict[str, Any] = {
        "socket_timeout": STORAGE_SECONDS,
        "socket_connect_timeout": STORAGE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return RedisStorage(address, wrap_exceptions=True, **options)


def _seconds_until(moment: float) -> int:
    return max(1, math.ceil(moment - time.time()))
