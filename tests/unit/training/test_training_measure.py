import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training import measure

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
