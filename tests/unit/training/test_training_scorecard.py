import numpy as np
import pytest

from training import scorecard
from training.evaluate import fit_temperature
from training.measure import tempered

GENRES = ("Abstract", "Realism", "Symbolism")


def described(labels: list[int], predicted: list[int], groups: list[str] | None = None) -> dict[str, object]:
    scores = np.full((len(labels), 3), 0.1)
    scores[np.arange(len(labels)), predicted] = 0.8
    names = np.array(groups if groups is not None else [str(number) for number in range(len(labels))])
    return scorecard.describe(scores, scores, np.array(labels), groups=names, genres=GENRES, sure=scores.max(axis=1) > 0.5)


def test_rows_of_the_confusion_matrix_are_the_true_genres() -> None:
    assert described([0, 0, 1], [0, 1, 1])["confusion_matrix"] == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_metrics_by_hand() -> None:
    found = scorecard.metrics(np.array([[3, 1, 0], [2, 2, 0], [0, 0, 0]]))
    assert found["accuracy"] == 5 / 8
    assert found["balanced_accuracy"] == pytest.approx((0.75 + 0.5) / 2)
    assert found["precision"].tolist() == pytest.approx([3 / 5, 2 / 3, 0])
    assert np.isnan(found["recall"][2])


def test_intervals_hold_the_value_and_narrow_with_the_artists() -> None:
    labels, predicted = [0, 1] * 50, [0, 0] * 50
    few = described(labels, predicted, [str(number // 25) for number in range(100)])["accuracy"]
    many = described(labels, [0, 1, 0, 0] * 25, [str(number) for number in range(100)])["accuracy"]
    assert few["low"] <= few["value"] == 0.5 <= few["high"]
    assert many["low"] < many["value"] == 0.75 < many["high"]


def test_one_artist_is_resampled_whole() -> None:
    matrices = scorecard.resampled(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array(["a", "a", "b"]), 2)
    assert {tuple(matrix[0]) for matrix in matrices} == {(0, 0), (1, 1), (2, 2)}


def test_coverage_starts_with_the_surest() -> None:
    scores = np.array([[0.6, 0.4], [0.1, 0.9], [0.55, 0.45]])
    share, right = scorecard.coverage(scores, np.array([1, 1, 0]))
    assert share.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert right.tolist() == pytest.approx([1, 1 / 2, 2 / 3])


def test_reliability_of_an_overconfident_model_lies_below_the_diagonal() -> None:
    confidence, right = scorecard.reliability(np.tile([0.9, 0.1], (4, 1)), np.array([0, 0, 1, 1]))
    assert (confidence.tolist(), right.tolist()) == (pytest.approx([0.9]), [0.5])


def test_the_temperature_that_scores_were_sharpened_by_is_found_again() -> None:
    random = np.random.default_rng(0)
    honest = random.dirichlet([0.7] * 4, size=1000)
    labels = np.array([random.choice(4, p=row) for row in honest])
    assert fit_temperature([(tempered(honest, 1 / 2), labels)]) == pytest.approx(2, rel=0.15)
