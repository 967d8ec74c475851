"""How long to wait before a picture is sent again."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
# Whoever asks for a longer pause wants no more today; the command gives up and tells so.
LONGEST_PAUSE_SECONDS = 300.0


@dataclass(frozen=True)
class Patience:
    """At most `retries` further attempts. `chance` gives numbers in [0, 1), so that callers that were refused together come back apart."""

    retries: int = 5
    chance: Callable[[], float] = random.random

    def seconds(self, attempt: int, pause: float = 0) -> float | None:
        """Before the attempt after `attempt` (from 0), at least the `pause` that the service asks for; None where it is time to give up."""
        if attempt >= self.retries or pause > LONGEST_PAUSE_SECONDS:
            return None
        backoff = min(LONGEST_BACKOFF_SECONDS, FIRST_SECONDS * 2.0**attempt)
        return max(pause, backoff / 2) + self.chance() * backoff / 2


def pause_of(retry_after: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, given as a number or as a date; 0 where it says nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # A number of any length; beyond the longest pause all are the same.
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
