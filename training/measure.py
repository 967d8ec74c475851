"""The figures by which an epoch is kept and a model is judged, from scores float (n, k) and labels int (n,)."""

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

Scores = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


def accuracy(scores: Scores, labels: Labels) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))


def balanced_accuracy(scores: Scores, labels: Labels) -> float:
    """The mean recall of the genres that occur in `labels`."""
    seen = np.isin(np.arange(scores.shape[1]), labels)
    recalls = [float(np.mean(scores[labels == genre].argmax(axis=1) == genre)) for genre in np.flatnonzero(seen)]
    return float(np.mean(recalls))


def loss(scores: Scores, labels: Labels) -> float:
    """The mean of -log of the true genre's score, in nats."""
    return float(-np.mean(np.log(np.clip(scores[np.arange(len(labels)), labels], 1e-7, 1))))


def calibration_error(scores: Scores, labels: Labels, bins: int = 15) -> float:
    """Expected calibration error: |accuracy - confidence| of equal bins of the confidence, weighed by their pictures (Guo et al., 2017)."""
    return _gap(scores.max(axis=1), scores.argmax(axis=1) == labels, bins)


def calibration_error_by_chance(scores: Scores, bins: int = 15, draws: int = 200) -> float:
    """What `calibration_error` finds on average where every confidence is exactly the chance of being right: the noise of so few pictures.

    The error is a sum of absolute values, so that it never averages out to 0 (Kumar et al., 2019, Verified uncertainty calibration).
    """
    confidence = scores.max(axis=1)
    random = np.random.default_rng(0)
    return float(np.mean([_gap(confidence, random.random(len(confidence)) < confidence, bins) for _ in range(draws)]))


def tempered(scores: Scores, temperature: float) -> Scores:
    """The softmax of the logits divided by `temperature`; the logits are known from the scores up to a constant, which softmax ignores."""
    return np.asarray(softmax(np.log(np.clip(scores, 1e-30, 1)) / temperature, axis=1))


def _gap(confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_], bins: int) -> float:
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(place, right - confidence, bins)).sum() / len(confidence))
