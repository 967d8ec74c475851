"""Answers that were given already, by the content of the picture: the same bytes are neither decoded nor sent to the model again."""

import hashlib
from collections.abc import Callable
from threading import Lock
from time import monotonic

from cachetools import TTLCache

from gateway.prediction import Prediction
from gateway.telemetry.metrics import CACHE_LOOKUPS

# How long an answer may outlive its version where nothing else tells of another one.
KEPT_SECONDS = 60.0


class AnswerCache:
    """The last `size` answers of this process, each for a minute at most. A size of 0 keeps none, and costs nothing.

    All of them are of one version: the first answer of another empties the cache. Until then, where every picture is a known one, the old
    version's answers go on, and name it, until their minute has passed.
    """

    def __init__(self, size: int, clock: Callable[[], float] = monotonic) -> None:
        self._answers: TTLCache[bytes, Prediction] = TTLCache(size, KEPT_SECONDS, clock)
        self._version: int | None = None
        self._lock = Lock()

    def key(self, data: bytes | memoryview) -> bytes | None:
        """What stands for the picture `data`, and cannot be made to stand for another; None where no answers are kept."""
        return hashlib.sha256(data).digest() if self._answers.maxsize else None

    def find(self, key: bytes | None) -> Prediction | None:
        """The answer to the picture of this key, or None."""
        if key is None:
            return None
        with self._lock:
            answer = self._answers.get(key)
        CACHE_LOOKUPS.labels("hit" if answer else "miss").inc()
        return answer

    def keep(self, key: bytes | None, answer: Prediction) -> None:
        """Pictures that could not be read have no answer, and so none is kept."""
        if key is None:
            return
        with self._lock:
            if answer.version != self._version:
                self._answers.clear()
                self._version = answer.version
            self._answers[key] = answer
