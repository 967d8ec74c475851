"""Which version of the model answers for a picture: the stable one, or for a share of the pictures the canary.

A picture's place in [0, 1) is drawn from the hash of what the model is sent, so the same picture always asks for the same version,
and a larger share keeps the pictures of a smaller one. Where the canary does not answer, the stable version does: no request fails
because of the canary.
"""

import hashlib
import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gateway.prediction import Classifier, Explanation, Prediction, SimilarWork

logger = logging.getLogger("ragam.canary")

# The canary's part of the deadline, so that where it hangs a request takes half as long again at most.
DEADLINE_SHARE = 0.5

# A canary that fails so often in a row is not asked for so long: one that hangs must not hold the threads that others need.
FAILURES = 3
PAUSE_SECONDS = 5.0

Answer = TypeVar("Answer")
Ask = Callable[[npt.NDArray[np.float32]], list[Answer]]


class Canary:
    """A prediction.Classifier: `canary` answers for `share`, in [0, 1], of the pictures, and `stable` for the others."""

    def __init__(self, stable: Classifier, canary: Classifier, share: float) -> None:
        self._stable = stable
        self._canary = canary
        self._share = share
        self._breaker = Breaker()

    def classify(self, images: npt.NDArray[np.float32]) -> list[Prediction]:
        """See prediction.Classifier."""
        return self._answers(images, self._canary.classify, self._stable.classify)

    def explain(self, images: npt.NDArray[np.float32]) -> list[Explanation]:
        """See prediction.Classifier."""
        return self._answers(images, self._canary.explain, self._stable.explain)

    def similar(self, images: npt.NDArray[np.float32]) -> list[tuple[SimilarWork, ...]]:
        """See prediction.Classifier."""
        return self._answers(images, self._canary.similar, self._stable.similar)

    def genres(self) -> tuple[str, ...]:
        """The stable version's."""
        return self._stable.genres()

    def check(self) -> None:
        """Of the stable version."""
        self._stable.check()

    def _answers(self, images: npt.NDArray[np.float32], ask_canary: Ask[Answer], ask_stable: Ask[Answer]) -> list[Answer]:
        chosen = [row for row, image in enumerate(images) if place(image) < self._share]
        found: dict[int, Answer] = {}
        if chosen and not self._breaker.is_open():
            found = dict(zip(chosen, self._try(ask_canary, images[chosen]), strict=False))
        others = [row for row in range(len(images)) if row not in found]
        if others:
            rest = images if len(others) == len(images) else images[others]
            found.update(zip(others, ask_stable(rest), strict=True))
        return [found[row] for row in range(len(images))]

    def _try(self, ask: Ask[Answer], images: npt.NDArray[np.float32]) -> list[Answer]:
        """The canary's answers; none where it has failed."""
        try:
            answers = ask(images)
        except Exception as error:  # noqa: BLE001 - whatever it was, the stable version is asked next, and raises what is not the canary's
            if self._breaker.failed():
                logger.warning("the canary does not answer, the stable version does: %s: %s", type(error).__name__, error.__cause__)
            return []
        if self._breaker.succeeded():
            logger.info("the canary answers again")
        return answers


def place(image: npt.NDArray[np.float32]) -> float:
    """Where in [0, 1) a picture lies, by the model's input made of it."""
    return (int.from_bytes(hashlib.blake2b(image.tobytes(), digest_size=8).digest()) >> 11) / 2**53


class Breaker:
    """Open for PAUSE_SECONDS after FAILURES in a row, and after each one more, until a success closes it. For any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._opened_at = 0.0

    def is_open(self) -> bool:
        """Where the pause is over, the first to ask is told no and tries it, and the others wait for the outcome."""
        with self._lock:
            if self._failures < FAILURES:
                return False
            now = self._clock()
            if now - self._opened_at < PAUSE_SECONDS:
                return True
            self._opened_at = now
            return False

    def succeeded(self) -> bool:
        """Whether it was open."""
        with self._lock:
            was_open = self._failures >= FAILURES
            self._failures = 0
            return was_open

    def failed(self) -> bool:
        """Whether it opens now."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._opened_at = self._clock()
            return self._failures == FAILURES
