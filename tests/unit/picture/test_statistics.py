import numpy as np
import pytest

from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels
from gateway.picture.statistics import EDGES, bin_of, picture_statistics


def halves(upper, lower):
    return np.repeat(np.uint8([[upper], [lower]]), 112, axis=0).repeat(224, axis=1)


@pytest.mark.parametrize(
    ("upper", "lower", "brightness", "contrast", "saturation"),
    [
        ((51, 51, 51), (51, 51, 51), 0.2, 0, 0),
        ((255, 255, 255), (0, 0, 0), 0.5, 0.5, 0),
        ((255, 0, 0), (255, 0, 0), 1 / 3, 0, 1),
    ],
)
def test_what_is_told_of_a_picture(upper, lower, brightness, contrast, saturation):
    right = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
    assert picture_statistics(halves(upper, lower)) == pytest.approx(right, abs=1e-6)


def test_the_few_pixels_that_are_looked_at_tell_as_much_as_all(picture):
    for seed in range(5):
        pixels = to_pixels(open_picture(picture(seed=seed)))
        gray = pixels.astype(float).mean(axis=2) / 255
        found = picture_statistics(pixels)
        assert (found["brightness"], found["contrast"]) == (pytest.approx(gray.mean(), abs=0.01), pytest.approx(gray.std(), abs=0.01))


@pytest.mark.parametrize("statistic", EDGES)
def test_every_value_has_a_bin(statistic):
    first, last = EDGES[statistic][0], EDGES[statistic][-1]
    assert [bin_of(statistic, value) for value in (0.0, np.nextafter(first, 0), first, last, 1.0)] == [0, 0, 1, 9, 9]
