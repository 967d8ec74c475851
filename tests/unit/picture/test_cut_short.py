"""JPEGs that were cut short: a picture where no more lacks than the last row of blocks, as browsers show it; else none."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gateway.errors import UnreadablePicture
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels


def jpeg(mode="RGB", size=(320, 240), **options):
    fields = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    data = BytesIO()
    Image.fromarray(fields).resize(size).convert(mode).save(data, "JPEG", **options)
    return data.getvalue()


def pixels(data):
    return to_pixels(open_picture(data)).astype(int)


KINDS = [
    {},
    {"subsampling": 0},
    {"mode": "L"},
    {"mode": "CMYK"},
    {"restart_marker_rows": 1},
    {"size": (2000, 1600)},
    {"size": (2000, 1600), "mode": "CMYK"},
    {"size": (40, 30)},
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_without_its_last_marker_it_is_a_picture(kind):
    data = jpeg(**kind)
    assert np.abs(pixels(data[:-2]) - pixels(data)).max() <= 1
    # What lies behind is no marker either.
    assert np.abs(pixels(data[:-2] + b"junk") - pixels(data))[:200].max() <= 2


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
def test_of_less_it_is_none(kind, share):
    data = jpeg(**kind)
    with pytest.raises(UnreadablePicture):
        pixels(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", [{}, {"size": (2000, 1600)}])
def test_of_all_rows_but_the_last_it_is_a_picture(kind):
    # A restart marker for each row of blocks tells where the last begins.
    data = jpeg(**kind, restart_marker_rows=1)
    last = max(data.rfind(b"\xff" + bytes([marker])) for marker in range(0xD0, 0xD8))
    before = max(data.rfind(b"\xff" + bytes([marker]), 0, last) for marker in range(0xD0, 0xD8))
    assert np.abs(pixels(data[:last]) - pixels(data))[:200].max() <= 2
    with pytest.raises(UnreadablePicture):
        pixels(data[: before - 20])


@pytest.mark.parametrize("options", [{"progressive": True}, {"progressive": True, "size": (2000, 1600)}])
def test_a_progressive_one_needs_its_end(options):
    # What of its last scan lacks cannot be seen.
    with pytest.raises(UnreadablePicture):
        pixels(jpeg(**options)[:-2])
