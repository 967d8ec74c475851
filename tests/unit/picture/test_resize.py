import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.picture import decode
from gateway.picture import preprocess as resize
from gateway.picture.decode import Upright
from gateway.picture.preprocess import to_model_size

# 224 and its neighbours, what a reduced scale leaves, and where Pillow changes from rows first to columns first: above 2 * width - 224.
SIZES = [(224, 224), (224, 300), (225, 224), (225, 226), (225, 227), (256, 256), (320, 240), (300, 376), (300, 377), (900, 300)]


def noise(width, height, seed=0):
    """Black and white without order, which overshoots most."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 2, (height, width, 3), dtype=np.uint8) * 255)


def off(picture):
    return np.abs(to_model_size(Upright(picture)).astype(int) - np.asarray(picture.resize((224, 224))))


def test_no_pixel_is_off_pillow_s_by_more_than_two_and_few_are_off_at_all():
    for size in SIZES:
        difference = off(noise(*size))
        assert difference.max() <= 2, size
        assert (difference > 0).mean() < 0.03, size


@given(st.integers(1, 900), st.integers(1, 900), st.integers(0, 9))
def test_nor_is_one_of_any_other_size(width, height, seed):
    assert off(noise(width, height, seed)).max() <= 2


def test_a_strip_is_pillow_s(monkeypatch):
    monkeypatch.setattr(resize, "Resizer", None)
    for size in ((1_000_000, 1), (1, 1_000_000), (60_000, 223)):
        assert to_model_size(Upright(Image.new("RGB", size))).shape == (224, 224, 3), size


@pytest.mark.parametrize("build", [True, False])
def test_strips_give_the_same_pixels_as_the_whole(build, monkeypatch):
    if not build:
        monkeypatch.setattr(resize, "BICUBIC", None)
        assert off(noise(800, 600)).max() == 0, "without a build of it Pillow resizes"
    for size in (*SIZES, (500, 40), (40, 500), (60, 70), (3000, 223), (1, 2000)):
        picture = noise(*size)
        with monkeypatch.context() as patch:
            whole = to_model_size(Upright(picture))
            patch.setattr(decode, "STRIP_PIXELS", 999)
            # An opaque picture of four channels is cut into strips, and has the same colours.
            assert (to_model_size(Upright(picture.convert("RGBA"))) == whole).all(), size
