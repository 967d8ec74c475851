"""What a model says of a picture, and what the gateway asks of whoever asks the model."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Prediction:
    """The genres of one picture, best first, each with its calibrated probability, and the servable version that said so.

    What follows a version may leave out, None then: contract.py says what it means.
    """

    scores: tuple[tuple[str, float], ...]
    model: str
    version: int
    typicality: float | None = None
    certain: bool | None = None
    expected_accuracy: float | None = None

    @property
    def genre(self) -> str:
        return self.scores[0][0]

    @property
    def confidence(self) -> float:
        return self.scores[0][1]


@dataclass(frozen=True)
class Explanation:
    """A prediction, and how much each place of the picture speaks for its best genre: 7 rows of 7 floats in [0, 1], from the top left."""

    prediction: Prediction
    heatmap: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class SimilarWork:
    """A painting that the model learned from, and how near a picture lies to it: at most 1. An unknown artist or title is empty."""

    artist: str
    title: str
    similarity: float


class Classifier(Protocol):
    """A model that can be asked. All methods raise errors.ServingError."""

    def classify(self, images: npt.NDArray[np.float32]) -> list[Prediction]:
        """One Prediction for each of `images`, float32 (n, 224, 224, 3) in [-1, 1], C order, 1 <= n <= contract.MAX_BATCH."""

    def explain(self, images: npt.NDArray[np.float32]) -> list[Explanation]:
        """One Explanation for each of `images`, as classify takes them."""

    def similar(self, images: npt.NDArray[np.float32]) -> list[tuple[SimilarWork, ...]]:
        """For each of `images`, as classify takes them, the nearest works, the nearest first; none where the version knows no works."""

    def genres(self) -> tuple[str, ...]:
        """The genres that the model knows, in its own order."""

    def check(self) -> None:
        """Returns when the model answers and keeps the contract."""
