"""How genres, confidences and simple statistics are distributed over pictures: what live answers are held against."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gateway.picture.statistics import EDGES, bin_of, picture_statistics
from training.measure import Scores

DECIMALS = 5


def distribution(pixels: npt.NDArray[np.uint8], scores: Scores, genres: Sequence[str]) -> dict[str, Any]:
    """The shares of the genres and of each statistic's bins. pixels: uint8 (n, 224, 224, 3), scores: float (n, k) for k genres."""
    count = len(scores)
    told = np.bincount(scores.argmax(axis=1), minlength=len(genres))
    bins = {statistic: Counter[int]() for statistic in EDGES}
    for picture, confidence in zip(pixels, scores.max(axis=1), strict=True):
        for statistic, value in {**picture_statistics(picture), "confidence": float(confidence)}.items():
            bins[statistic][bin_of(statistic, value)] += 1
    return {
        "pictures": count,
        "genres": {genre: round(float(number) / count, DECIMALS) for genre, number in zip(genres, told, strict=True)},
        "bins": {
            statistic: [round(found[place] / count, DECIMALS) for place in range(len(EDGES[statistic]) + 1)]
            for statistic, found in bins.items()
        },
    }
