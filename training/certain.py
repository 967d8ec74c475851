"""When an answer is called certain: from which score on, by genre, and never where the picture does not look like a painting.

How often an answer of such a score is right is estimated by a logistic regression on the score's logit and the genre told, with a
penalty: a genre of few pictures stays near the others, one whose sure answers are often wrong gets a higher threshold, or is never
certain. The thresholds are those of the largest coverage at which the answers on the tuning pictures are right for 85 of 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from gateway.contract import TYPICAL_FROM
from training.measure import Labels, Scores

RIGHT = 0.85  # of the certain answers
FEWEST = 10  # certain answers on the tuning pictures: a share of fewer says nothing
NEVER = 2.0  # as a threshold
KINDS = ("certain", "uncertain", "untypical")

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Answers:
    """What a model says of n pictures: scores (n, k), labels (n,), typicality (n,), groups (n,) the artists."""

    scores: Scores
    labels: Labels
    typicality: Array
    groups: npt.NDArray[np.str_]

    @property
    def told(self) -> Labels:
        return np.asarray(self.scores.argmax(axis=1))

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.told == self.labels)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Answers":
        return Answers(self.scores[mask], self.labels[mask], self.typicality[mask], self.groups[mask])


@dataclass(frozen=True)
class Share:
    """So many answers, and the share of them that are right."""

    answers: int
    right: float


def thresholds(fitted: Sequence[Answers], tuning: Answers) -> Array:
    """The score (k,) from which an answer of each genre is certain.

    fitted: sets of pictures, of equal weight, for the regression; tuning: those on which the share right must hold.
    """
    genres = tuning.scores.shape[1]
    kept = [answers.where(answers.typicality >= TYPICAL_FROM) for answers in fitted]
    right = np.concatenate([answers.right for answers in kept])
    if right.all() or not right.any():
        return np.full(genres, NEVER)
    columns = np.concatenate([_columns(answers.scores.max(axis=1), answers.told, genres) for answers in kept])
    weights = np.concatenate([np.full(len(answers.labels), len(columns) / len(kept) / max(len(answers.labels), 1)) for answers in kept])
    model = LogisticRegression(C=0.3, solver="newton-cholesky").fit(columns, right, sample_weight=weights)
    slope, offsets = float(model.coef_[0, 0]), model.coef_[0, 1:] + model.intercept_[0]
    if slope <= 0:
        return np.full(genres, NEVER)
    likely = model.predict_proba(_columns(tuning.scores.max(axis=1), tuning.told, genres))[:, 1]
    likely[tuning.typicality < TYPICAL_FROM] = 0
    order = np.argsort(-likely, kind="stable")
    shares = np.cumsum(tuning.right[order]) / np.arange(1, len(order) + 1)
    enough = [place for place in range(FEWEST - 1, len(order)) if shares[place] >= RIGHT and likely[order[place]] > 0]
    if not enough:
        return np.full(genres, NEVER)
    limit = logit(min(likely[order[enough[-1]]], 1 - 1e-6))
    found = expit((limit - offsets) / slope)
    return np.where(found < 0.999, found, NEVER)


def certain(answers: Answers, limits: Array) -> npt.NDArray[np.bool_]:
    """(n,): the model's own rule, as the graph has it."""
    sure = answers.scores.max(axis=1) >= limits[answers.told]
    return np.asarray(sure & (answers.typicality >= TYPICAL_FROM))


def left_out_in_turn(fitted: Sequence[Answers], tuning: Answers) -> npt.NDArray[np.bool_]:
    """Whether each tuning picture is certain by thresholds that were chosen without its artist: how the rule does on unseen ones."""
    found = np.zeros(len(tuning.labels), bool)
    for artist in np.unique(tuning.groups):
        own = tuning.groups == artist
        others = tuning.where(~own)
        limits = thresholds([others if answers is tuning else answers for answers in fitted], others)
        found[own] = certain(tuning.where(own), limits)
    return found


def expected(sets: Sequence[tuple[Answers, npt.NDArray[np.bool_]]], more: Sequence[tuple[Answers, npt.NDArray[np.bool_]]]) -> list[Share]:
    """The share right of each of KINDS over `sets` of answers and whether each is certain; where these have fewer than FEWEST, with `more`.

    One right and one wrong answer are added, so that few answers do not make it 0 or 1. Of untypical pictures some are no paintings, which
    no set has: their share is never above that of the uncertain answers.
    """
    found = []
    for place in range(len(KINDS)):
        counts = np.array([_count(answers, sure, place) for answers, sure in sets]).sum(axis=0)
        if counts[0] < FEWEST:
            counts = counts + np.array([_count(answers, sure, place) for answers, sure in more] or [(0, 0)]).sum(axis=0)
        found.append(Share(int(counts[0]), float((counts[1] + 1) / (counts[0] + 2))))
    sure, unsure, untypical = found
    return [sure, unsure, replace(untypical, right=min(untypical.right, unsure.right))]


def _count(answers: Answers, sure: npt.NDArray[np.bool_], place: int) -> tuple[int, int]:
    those = kinds(sure, answers.typicality) == place
    return int(those.sum()), int(answers.right[those].sum())


def kinds(sure: npt.NDArray[np.bool_], typicality: Array) -> npt.NDArray[np.int64]:
    """The place in KINDS of each answer."""
    return np.where(sure, 0, np.where(typicality >= TYPICAL_FROM, 1, 2))


def _columns(confidence: Array, told: Labels, genres: int) -> Array:
    return np.column_stack([logit(np.clip(confidence, 1e-6, 1 - 1e-6)), np.eye(genres)[told]])
