import numpy as np
from PIL import Image

from gateway.picture import decode
from gateway.picture.decode import Upright
from gateway.picture.overlay import COLD_DENSITY, HOT_DENSITY, LONG_SIDE, PALETTE, overlay, view_of

COLD = ((0.0,) * 7,) * 7


def hot(row, column, rows=7, columns=7):
    return tuple(tuple(float((y, x) == (row, column)) for x in range(columns)) for y in range(rows))


def test_a_picture_is_shrunk_and_never_enlarged():
    for size, expected in (((320, 200), (320, 200)), ((2048, 1024), (1024, 512)), ((500, 3000), (171, 1024)), ((5000, 1), (1024, 1))):
        original = Image.new("RGB", size, "gray")
        drawn = overlay(view_of(Upright(original)), hot(0, 0))
        assert (drawn.size, drawn.mode) == (expected, "RGB")
        assert original.getcolors() == [(size[0] * size[1], (128, 128, 128))], "it stays as it was"


def test_the_heat_lies_where_it_is_and_nowhere_else():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (210, 420, 3), np.uint8))
    for row, column in ((0, 0), (0, 6), (6, 0), (3, 2)):
        changed = np.abs(np.asarray(overlay(picture, hot(row, column)), int) - np.asarray(overlay(picture, COLD), int)).max(axis=2)
        # Row by column of the heat map, each 30 pixels high and 60 wide.
        cells = changed.reshape(7, 30, 7, 60).mean(axis=(1, 3))
        assert np.unravel_index(cells.argmax(), cells.shape) == (row, column)
        far = [cells[y, x] for y in range(7) for x in range(7) if abs(y - row) > 2 or abs(x - column) > 2]
        assert max(far) == 0


def test_the_palette_s_ends_are_the_ends_of_the_heat():
    gray = Image.new("RGB", (70, 70), (100, 100, 100))
    for heat, density in ((0.0, COLD_DENSITY), (1.0, HOT_DENSITY)):
        drawn = np.asarray(overlay(gray, ((heat,) * 7,) * 7), int)
        expected = density * PALETTE[-int(heat)].astype(int) + (1 - density) * 100
        assert np.abs(drawn - expected).max() <= 1


def test_enlarged_smoothly():
    drawn = np.asarray(overlay(Image.new("RGB", (700, 700)), hot(3, 3)), int)
    assert np.abs(np.diff(drawn, axis=0)).max() <= 8
    assert np.abs(np.diff(drawn, axis=1)).max() <= 8


def test_it_is_shrunk_as_pillow_makes_thumbnails_though_in_strips(monkeypatch):
    monkeypatch.setattr(decode, "STRIP_PIXELS", 5000)
    for size in ((1500, 1100), (2047, 900), (2900, 3), (300, 3000), (1025, 1025)):
        picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
        thumbnail = picture.copy()
        thumbnail.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        assert (np.asarray(view_of(Upright(picture.convert("RGBA")))) == np.asarray(thumbnail)).all(), size


def test_the_palette_s_lightness_rises_evenly():
    linear = np.where(PALETTE / 255 <= 0.04045, PALETTE / 255 / 12.92, ((PALETTE / 255 + 0.055) / 1.055) ** 2.4)
    # CIE 1976 lightness, another measure than the one that the palette is made by.
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    lightness = np.where(luminance > (6 / 29) ** 3, 116 * np.cbrt(luminance) - 16, luminance * (29 / 3) ** 3)
    steps = np.diff(lightness[::16])
    assert (steps > 0).all()
    assert steps.max() < 2 * steps.min()
