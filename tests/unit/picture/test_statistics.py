import numpy as np
import pytest

from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels
from gateway.picture.statistics import EDGES, bin_of, picture_statistics


def plain(*colour):
    return np.full((224, 224, 3), colour, np.uint8)


def test_a_gray_picture_is_as_bright_as_its_gray_and_has_neither_contrast_nor_saturation():
    assert picture_statistics(plain(51, 51, 51)) == pytest.approx({"brightness": 0.2, "contrast": 0, "saturation": 0}, abs=1e-6)


def test_halves_of_black_and_white_have_the_largest_contrast():
    pixels = plain(0, 0, 0)
    pixels[:112] = 255
    assert picture_statistics(pixels) == pytest.approx({"brightness": 0.5, "contrast": 0.5, "saturation": 0}, abs=1e-6)


def test_pure_colour_is_saturated():
    assert picture_statistics(plain(255, 0, 0)) == pytest.approx({"brightness": 1 / 3, "contrast": 0, "saturation": 1}, abs=1e-6)


def test_the_few_pixels_that_are_looked_at_tell_as_much_as_all(picture):
    for seed in range(5):
        pixels = to_pixels(open_picture(picture(seed=seed)))
        gray = pixels.astype(float).mean(axis=2) / 255
        found = picture_statistics(pixels)
        assert found["brightness"] == pytest.approx(gray.mean(), abs=0.01)
        assert found["contrast"] == pytest.approx(gray.std(), abs=0.01)


def test_every_value_has_a_bin_and_edges_rise():
    for statistic, edges in EDGES.items():
        assert list(edges) == sorted(set(edges))
        assert len(edges) == 9
        assert (bin_of(statistic, 0.0), bin_of(statistic, 1.0)) == (0, 9)
        assert bin_of(statistic, edges[0]) == 1
        assert bin_of(statistic, np.nextafter(edges[0], 0)) == 0
