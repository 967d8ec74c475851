"""What a model says of a picture, and what the gateway asks of whoever asks the model."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Prediction:
    """The genres of one picture, best first, each with its calibrated probability, and the servable version that said so."""

    scores: tuple[tuple[str, float], ...]
    model: str
    version: int

    @property
    def genre(self) -> str:
        return self.scores[0][0]

    @property
    def confidence(self) -> float:
        return self.scores[0][1]


class Classifier(Protocol):
    """A model that can be asked. Both methods raise errors.ServingError."""

    def classify(self, images: npt.NDArray[np.float32]) -> list[Prediction]:
        """One Prediction for each of `images`, float32 (n, 224, 224, 3) in [-1, 1], C order, 1 <= n <= contract.MAX_BATCH."""

    def check(self) -> None:
        """Returns when the model answers and keeps the contract."""
