"""Which version of the model answers for a picture: the stable one, or for a share of the pictures the canary.

A picture's place is drawn from the hash of its bytes, so the same picture always asks for the same version. From the one end of
the places come those that the canary answers, from the other those of which it gets a copy. Where the canary does not answer,
the stable version does: no request fails because of the canary.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gateway.contract import CANARY_LABEL
from gateway.prediction import Classifier, Explanation, Prediction
from gateway.serving.breaker import Breaker
from gateway.serving.shadow import Shadow
from gateway.telemetry.metrics import note_label, note_label_failed

logger = logging.getLogger("ragam.canary")

# Of the deadline, so that where the canary hangs a request takes half as long again at most.
PATIENCE = 0.5

Answer = TypeVar("Answer", Prediction, Explanation)
Ask = Callable[[npt.NDArray[np.float32], str, float], list[Answer]]


class Canary:
    """Asks `classifier` for each picture by the label that it falls to.

    label: of the stable version; empty for the highest. canary_share and shadow_share: in [0, 1], of the pictures.
    """

    def __init__(self, classifier: Classifier, label: str, canary_share: float, shadow_share: float) -> None:
        self._classifier = classifier
        self._label = label
        self._canary_share = canary_share
        self._shadow_share = shadow_share
        self._breaker = Breaker()
        # Not by _ask: the metrics by label are what promote decides by, and a copy is no picture answered.
        self._shadow = Shadow(lambda images: classifier.classify(images, CANARY_LABEL, PATIENCE)[0])

    def place(self, data: bytes | memoryview) -> float:
        """Where in [0, 1) the picture with the bytes `data` lies; without shares nobody asks, and nothing is hashed."""
        if not (self._canary_share or self._shadow_share):
            return 0.0
        return (int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) >> 11) / 2**53

    def classify(self, images: npt.NDArray[np.float32], places: Sequence[float]) -> list[Prediction]:
        """As Classifier.classify, for pictures that lie at `places`."""
        answers: list[Prediction] = self._answers(self._classifier.classify, images, places)
        self._copy(images, places, answers)
        return answers

    def explain(self, images: npt.NDArray[np.float32], places: Sequence[float]) -> list[Explanation]:
        """As Classifier.explain, for pictures that lie at `places`."""
        answers: list[Explanation] = self._answers(self._classifier.explain, images, places)
        self._copy(images, places, [answer.prediction for answer in answers])
        return answers

    def _answers(self, ask: Ask[Answer], images: npt.NDArray[np.float32], places: Sequence[float]) -> list[Answer]:
        chosen = [row for row, place in enumerate(places) if place < self._canary_share]
        found: dict[int, Answer] = {}
        if chosen and not self._breaker.leaves_alone():
            found = dict(zip(chosen, self._of_the_canary(ask, images[chosen]), strict=False))
        others = [row for row in range(len(images)) if row not in found]
        if others:
            rest = images if len(others) == len(images) else images[others]
            found.update(zip(others, self._ask(ask, rest, self._label, 1.0), strict=True))
        return [found[row] for row in range(len(images))]

    def _of_the_canary(self, ask: Ask[Answer], images: npt.NDArray[np.float32]) -> list[Answer]:
        """Nothing where it does not answer."""
        try:
            answers = self._ask(ask, images, CANARY_LABEL, PATIENCE)
        except Exception as error:  # noqa: BLE001 - whatever it was, the stable version is asked next, and raises what is not the canary's
            if self._breaker.failed():
                logger.warning("the canary does not answer, the stable version does: %s: %s", type(error).__name__, error.__cause__)
            return []
        if self._breaker.succeeded():
            logger.info("the canary answers again")
        return answers

    def _copy(self, images: npt.NDArray[np.float32], places: Sequence[float], answers: Sequence[Prediction]) -> None:
        for row, (place, answer) in enumerate(zip(places, answers, strict=True)):
            if place >= max(1 - self._shadow_share, self._canary_share):
                self._shadow.compare(images[row : row + 1], answer.genre)

    def _ask(self, ask: Ask[Any], images: npt.NDArray[np.float32], label: str, patience: float) -> list[Any]:
        start = perf_counter()
        try:
            answers = ask(images, label, patience)
        except Exception:
            note_label_failed(label, len(images))
            raise
        seconds = perf_counter() - start
        [first, *_] = answers
        note_label(label, (first.prediction if isinstance(first, Explanation) else first).version, len(images), seconds)
        return answers
