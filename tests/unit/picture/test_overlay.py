import numpy as np
from PIL import Image

from gateway.picture import decode
from gateway.picture.decode import Upright
from gateway.picture.overlay import LONG_SIDE, overlay, view_of

COLD = ((0.0,) * 7,) * 7


def hot(row, column):
    return tuple(tuple(float((y, x) == (row, column)) for x in range(7)) for y in range(7))


def test_the_heat_lies_where_it_is_and_is_lighter_than_the_cold():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (210, 420, 3), np.uint8))
    for row, column in ((0, 0), (0, 6), (6, 0), (3, 2)):
        lighter = np.asarray(overlay(picture, hot(row, column)).convert("L"), int) - np.asarray(overlay(picture, COLD).convert("L"), int)
        # Row by column of the heat map, each 30 pixels high and 60 wide.
        cells = lighter.reshape(7, 30, 7, 60).mean(axis=(1, 3))
        assert np.unravel_index(cells.argmax(), cells.shape) == (row, column)
        far = [cells[y, x] for y in range(7) for x in range(7) if abs(y - row) > 2 or abs(x - column) > 2]
        assert max(map(abs, far)) == 0


def test_a_view_is_shrunk_as_pillow_makes_thumbnails_though_in_strips_and_never_enlarged(monkeypatch):
    monkeypatch.setattr(decode, "STRIP_PIXELS", 5000)
    for size in ((320, 200), (1500, 1100), (2047, 900), (2900, 3), (300, 3000), (1025, 1025)):
        picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
        thumbnail = picture.copy()
        thumbnail.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        assert (np.asarray(view_of(Upright(picture.convert("RGBA")))) == np.asarray(thumbnail)).all(), size
