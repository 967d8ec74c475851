"""When LiteRT's answers count as TensorFlow's."""

import numpy as np
import pytest

from model_server.conversion import LARGEST_DIFFERENCE, Refused, _difference

SCORES = np.array([[0.25, 0.75]], np.float32)


def test_the_largest_difference_of_a_value():
    assert _difference("scores", SCORES, SCORES + np.float32([0, 0.5])) == 0.5
    assert _difference("scores", SCORES, SCORES) == 0


def test_what_is_no_number_is_no_agreement():
    assert not _difference("scores", SCORES, SCORES * np.float32("nan")) <= LARGEST_DIFFERENCE


def test_names_are_the_same_or_not():
    names = np.array([[b"Realism", b"Symbolism"]], object)
    assert _difference("classes", names, names.copy()) == 0
    assert _difference("classes", names, names[:, ::-1]) > LARGEST_DIFFERENCE


@pytest.mark.parametrize("answered", [None, SCORES[:, :1]])
def test_an_output_that_is_missing_or_has_another_shape(answered):
    with pytest.raises(Refused, match="output scores is missing or has another shape"):
        _difference("scores", SCORES, answered)
