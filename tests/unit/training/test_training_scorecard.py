"""Accuracy, calibration and their intervals by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training import measure, scorecard
from training.evaluate import fit_temperature
from training.measure import tempered

SCORES = arrays(np.float64, (6, 4), elements=st.floats(0.01, 1)).map(lambda values: values / values.sum(axis=1, keepdims=True))


def test_accuracy_counts_pictures_and_balanced_accuracy_genres() -> None:
    labels = np.array([0, 0, 0, 1])
    scores = np.eye(3)[[0, 0, 0, 2]]
    assert measure.accuracy(scores, labels) == 0.75
    assert measure.balanced_accuracy(scores, labels) == 0.5


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    scores = np.tile([0.8, 0.2], (10, 1))
    assert measure.calibration_error(scores, np.array([0] * 8 + [1] * 2)) == pytest.approx(0)
    assert measure.calibration_error(scores, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.3)


def test_calibration_error_by_chance_is_what_honest_confidences_show_and_vanishes_with_the_pictures() -> None:
    random = np.random.default_rng(1)
    few, many = (random.dirichlet([0.5] * 4, size=size) for size in (100, 20_000))
    errors = [measure.calibration_error(few, np.array([random.choice(4, p=row) for row in few])) for _ in range(50)]
    assert measure.calibration_error_by_chance(few) == pytest.approx(np.mean(errors), rel=0.15)
    assert measure.calibration_error_by_chance(many) < 0.01


@given(SCORES, st.floats(0.2, 5))
def test_a_temperature_keeps_the_order_and_the_sum(scores: np.ndarray, temperature: float) -> None:
    scaled = measure.tempered(scores, temperature)
    assert np.allclose(scaled.sum(axis=1), 1)
    assert np.allclose(np.take_along_axis(scaled, scores.argmax(axis=1)[:, None], 1)[:, 0], scaled.max(axis=1))


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
