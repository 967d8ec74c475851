"""What a model's scores on a set of pictures say about it: figures with their uncertainty, and the text that shows them to a person.

Metrics follow from the confusion matrix int (k, k), rows true and columns predicted. Intervals are 95% percentile bootstrap intervals
(Efron, 1979) over groups, that is artists: an artist's pictures are alike, so drawing single pictures would make them too narrow.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

from training import measure
from training.measure import Labels, Scores

RESAMPLES = 2000
INTERVAL = (2.5, 97.5)  # percentiles
BINS = 15

Numbers = npt.NDArray[np.floating]
Figures = dict[str, object]


def describe(
    raw: Scores, scores: Scores, labels: Labels, *, groups: npt.NDArray[np.str_], genres: Sequence[str], sure: npt.NDArray[np.bool_]
) -> Figures:
    """All figures of one set of pictures, ready for JSON.

    Args: raw and scores float (n, k) before and after temperature scaling; labels int (n,); groups str (n,).
    """
    predicted = scores.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted, labels=range(len(genres)))
    draws = metrics(resampled(labels, predicted, groups, len(genres)))
    found = metrics(matrix)

    def figure(name: str, place: int | None = None) -> Figures:
        value, drawn = (found[name], draws[name]) if place is None else (found[name][place], draws[name][:, place])
        low, high = np.nanpercentile(drawn, INTERVAL)
        return {"value": _rounded(value), "low": _rounded(low), "high": _rounded(high)}

    return {
        "pictures": len(labels),
        "groups": len(set(groups.tolist())),
        **{name: figure(name) for name in ("accuracy", "balanced_accuracy", "macro_f1")},
        "loss": _rounded(measure.loss(scores, labels)),
        "calibration_error": {
            "before": _rounded(measure.calibration_error(raw, labels, BINS)),
            "after": _rounded(measure.calibration_error(scores, labels, BINS)),
            "by_chance": _rounded(measure.calibration_error_by_chance(scores, BINS)),
        },
        "certain": certain(sure, labels, predicted, groups, genres),
        "genres": {
            genre: {
                "pictures": int(matrix[place].sum()),
                "precision": figure("precision", place),
                "recall": figure("recall", place),
                "f1": _rounded(found["f1"][place]),
            }
            for place, genre in enumerate(genres)
            if matrix[place].sum()
        },
        "confusion_matrix": matrix.tolist(),
    }


def certain(sure: npt.NDArray[np.bool_], labels: Labels, predicted: Labels, groups: npt.NDArray[np.str_], genres: Sequence[str]) -> Figures:
    """How many answers are certain, and how many of these are right: together, and by the genre told."""
    right = labels[sure] == predicted[sure]
    drawn = resampled(right.astype(int), np.zeros(len(right), int), groups[sure], 2)[:, :, 0] if sure.any() else None
    accuracy = None
    if drawn is not None:
        low, high = np.nanpercentile(drawn[:, 1] / drawn.sum(axis=1), INTERVAL)
        accuracy = {"value": _rounded(right.mean()), "low": _rounded(low), "high": _rounded(high)}
    return {
        "answers": int(sure.sum()),
        "coverage": _rounded(sure.mean()),
        "accuracy": accuracy,
        "genres": {
            genre: {"told": int((predicted == place).sum()), "certain": int(those.sum()), "accuracy": _rounded(right[those].mean())}
            for place, genre in enumerate(genres)
            if (those := predicted[sure] == place).any()
        },
    }


def metrics(matrix: npt.NDArray[np.number]) -> dict[str, Numbers]:
    """Accuracy, balanced accuracy and macro-F1 (...), and precision, recall and F1 (..., k) of confusion matrices (..., k, k).

    A genre without pictures has no recall (nan) and is left out of the means; one that is never predicted has precision 0.
    """
    right = np.diagonal(matrix, axis1=-2, axis2=-1).astype(float)
    true, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)
    recall = np.divide(right, true, out=np.full_like(right, np.nan), where=true > 0)
    precision = np.divide(right, predicted, out=np.zeros_like(right), where=predicted > 0)
    f1 = np.divide(2 * right, true + predicted, out=np.zeros_like(right), where=true + predicted > 0)
    f1 = np.where(true > 0, f1, np.nan)
    return {
        "accuracy": right.sum(axis=-1) / matrix.sum(axis=(-2, -1)),
        "balanced_accuracy": np.nanmean(recall, axis=-1),
        "macro_f1": np.nanmean(f1, axis=-1),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def resampled(labels: Labels, predicted: Labels, groups: npt.NDArray[np.str_], genre_count: int, seed: int = 0) -> npt.NDArray[np.number]:
    """Confusion matrices (RESAMPLES, k, k) of as many groups as there are, drawn with replacement."""
    names, group = np.unique(groups, return_inverse=True)
    by_group = np.zeros((len(names), genre_count, genre_count))
    np.add.at(by_group, (group, labels, predicted), 1)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    return np.tensordot(drawn, by_group, axes=1)


def reliability(scores: Scores, labels: Labels) -> tuple[Numbers, Numbers]:
    """Mean confidence and accuracy of the pictures in each bin of the confidence that has any."""
    accuracy, confidence = calibration_curve(scores.argmax(axis=1) == labels, scores.max(axis=1), n_bins=BINS)
    return confidence, accuracy


def coverage(scores: Scores, labels: Labels) -> tuple[Numbers, Numbers]:
    """For every number of pictures, the surest first: their share of all, and the accuracy of these."""
    order = np.argsort(-scores.max(axis=1), kind="stable")
    right = (scores.argmax(axis=1) == labels)[order]
    count = np.arange(1, len(labels) + 1)
    return count / len(labels), np.cumsum(right) / count


def _rounded(value: float | Numbers) -> float:
    return round(float(value), 4)
