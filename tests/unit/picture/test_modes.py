"""Every mode that libpng and libjpeg-turbo write, and how it is damaged, against what Chromium 156 shows on a white canvas."""

import struct
import zlib
from io import BytesIO

import numpy as np
import png
import pytest
from PIL import Image
from png import GRAY, GRAY_ALPHA, PALETTE, RGB, RGBA

from gateway.errors import UnreadablePicture
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels

SIDE = 8
PLTE = bytes([0, 0, 0, 128, 70, 40])
BROWN, WHITE = (128, 70, 40), (255, 255, 255)


def rows(pixel, bits=24):
    return zlib.compress((b"\0" + pixel * (SIDE if bits >= 8 else bits)) * SIDE)


def center(data):
    return to_pixels(open_picture(data))[112, 112].tolist()


@pytest.mark.parametrize(
    ("depth", "color", "pixel", "palette", "transparent", "right"),
    [
        (1, GRAY, b"\xff", None, None, WHITE),
        (2, GRAY, b"\x55", None, None, (85, 85, 85)),
        (4, GRAY, b"\x33", None, None, (51, 51, 51)),
        (16, GRAY, b"\x64\xff", None, None, (100, 100, 100)),
        (1, GRAY, b"\x00", None, b"\0\0", WHITE),
        (2, GRAY, b"\x55", None, b"\0\1", WHITE),
        (4, GRAY, b"\x33", None, b"\0\3", WHITE),
        (8, GRAY, b"\x11", None, b"\0\x11", WHITE),
        (16, GRAY, b"\x11\x23", None, b"\x11\x22", (17, 17, 17)),
        (8, RGB, b"\1\2\3", None, b"\0\1\0\2\0\3", WHITE),
        (16, RGB, b"\x64\xff\x32\xff\x00\xff", None, None, (100, 50, 0)),
        (16, RGB, b"\1\2\3\4\6\6", None, b"\1\2\3\4\5\6", (1, 3, 6)),
        (4, PALETTE, b"\x11", PLTE, None, BROWN),
        (2, PALETTE, b"\x55", PLTE, b"\0\x40", (223, 209, 201)),
        (8, PALETTE, b"\x01", PLTE, b"\0\x40", (223, 209, 201)),
        (8, GRAY_ALPHA, b"\x64\x80", None, None, (177, 177, 177)),
        (16, GRAY_ALPHA, b"\x64\0\x80\0", None, None, (177, 177, 177)),
        (8, RGBA, b"\x64\x32\x14\x80", None, None, (177, 152, 137)),
        (16, RGBA, b"\x64\0\x32\0\x14\0\x80\0", None, None, (177, 152, 137)),
        (8, RGBA, b"\0\0\0\0", None, None, WHITE),
    ],
)
def test_every_mode_of_a_png(depth, color, pixel, palette, transparent, right):
    """`pixel` is one pixel, or a byte of several."""
    before = (png.chunk(b"PLTE", palette) if palette else b"") + (png.chunk(b"tRNS", transparent) if transparent else b"")
    data = png.file(png.header(SIDE, SIDE, depth, color), rows(pixel, depth * png.SAMPLES[color]), before=before)
    assert center(data) == pytest.approx(right, abs=2)


@pytest.mark.parametrize(
    ("mode", "pixel", "right"),
    [("L", 128, (128, 128, 128)), ("RGB", BROWN, BROWN), ("CMYK", (200, 120, 40, 60), (42, 103, 164)), ("CMYK", (0, 0, 0, 255), (0, 0, 0))],
)
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 2}, {"restart_marker_rows": 1}, {"keep_rgb": True}])
@pytest.mark.parametrize("side", [16, 1000])
def test_every_mode_of_a_jpeg(mode, pixel, right, options, side):
    data = BytesIO()
    Image.new(mode, (side, side), pixel).save(data, "JPEG", quality=100, **options)
    assert center(data.getvalue()) == pytest.approx(right, abs=4)


HEAD, BODY, END = png.SIGNATURE + png.header(SIDE, SIDE), png.chunk(b"IDAT", rows(bytes(BROWN))), png.chunk(b"IEND")
TRANSPARENT = struct.pack(">3H", *BROWN)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + png.chunk(b"tEXt", b"a\0b", crc=1) + BODY + END,
        HEAD + BODY + png.chunk(b"tRNS", TRANSPARENT) + END,
        HEAD + png.chunk(b"IDAT", rows(bytes(BROWN)), crc=1) + END,
        HEAD + BODY + png.chunk(b"IEND", crc=1),
        HEAD + BODY + END + b"behind the end" * 100,
        HEAD + BODY,
        HEAD + BODY[:-8],
    ],
)
def test_damage_that_costs_no_pixels_of_a_png(data):
    assert center(data) == list(BROWN)


def test_a_png_whose_header_is_damaged_or_that_lacks_pixels_is_refused():
    palette = png.SIGNATURE + png.header(SIDE, SIDE, colour=PALETTE) + png.chunk(b"PLTE", PLTE, crc=1)
    for data in (HEAD[:-4] + b"abcd" + BODY + END, palette + BODY + END, HEAD + BODY[:-12], HEAD + BODY[:12], HEAD):
        with pytest.raises(UnreadablePicture):
            center(data)


def noisy_jpeg(mode="RGB", size=(320, 240), **options):
    fields = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    data = BytesIO()
    Image.fromarray(fields).resize(size).convert(mode).save(data, "JPEG", **options)
    return data.getvalue()


def pixels(data):
    return to_pixels(open_picture(data)).astype(int)


@pytest.mark.parametrize(
    "kind",
    [
        {"subsampling": 0},
        {"mode": "L"},
        {"mode": "CMYK"},
        {"size": (2000, 1600)},
        {"size": (40, 30)},
    ],
    ids=str,
)
def test_a_jpeg_is_a_picture_without_its_last_marker_and_none_where_more_lacks(kind):
    """As browsers show it: no more may lack than the last row of blocks."""
    data = noisy_jpeg(**kind)
    assert np.abs(pixels(data[:-2]) - pixels(data)).max() <= 1
    # What lies behind is no marker either.
    assert np.abs(pixels(data[:-2] + b"junk") - pixels(data))[:200].max() <= 2
    for share in (0.1, 0.7):
        with pytest.raises(UnreadablePicture):
            pixels(data[: int(len(data) * share)])


@pytest.mark.parametrize("size", [(320, 240), (2000, 1600)])
def test_of_all_rows_but_the_last_it_is_a_picture_and_a_progressive_one_needs_its_end(size):
    # A restart marker for each row of blocks tells where the last begins.
    data = noisy_jpeg(size=size, restart_marker_rows=1)
    last = max(data.rfind(b"\xff" + bytes([marker])) for marker in range(0xD0, 0xD8))
    before = max(data.rfind(b"\xff" + bytes([marker]), 0, last) for marker in range(0xD0, 0xD8))
    assert np.abs(pixels(data[:last]) - pixels(data))[:200].max() <= 2
    # What of a progressive one's last scan lacks cannot be seen.
    for damaged in (data[: before - 20], noisy_jpeg(size=size, progressive=True)[:-2]):
        with pytest.raises(UnreadablePicture):
            pixels(damaged)
