"""Every mode that libpng and libjpeg-turbo write, and how it is damaged, against what Chromium 156 shows on a white canvas."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from gateway.errors import UnreadablePicture
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
SIDE = 8
PLTE = bytes([0, 0, 0, 128, 70, 40])
BROWN, WHITE = (128, 70, 40), (255, 255, 255)


def chunk(kind, body=b"", crc=None):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def head(depth=8, color=RGB):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", SIDE, SIDE, depth, color, 0, 0, 0))


def rows(pixel, bits=24, count=SIDE):
    return zlib.compress((b"\0" + pixel * (SIDE if bits >= 8 else bits)) * count)


def png(depth, color, pixel, palette=None, transparent=None):
    """`pixel` is one pixel, or a byte of several."""
    before = (chunk(b"PLTE", palette) if palette else b"") + (chunk(b"tRNS", transparent) if transparent else b"")
    return head(depth, color) + before + chunk(b"IDAT", rows(pixel, depth * SAMPLES[color])) + chunk(b"IEND")


def center(data):
    return to_pixels(open_picture(data))[112, 112].tolist()


@pytest.mark.parametrize(
    ("depth", "color", "pixel", "palette", "transparent", "right"),
    [
        (1, GRAY, b"\xff", None, None, WHITE),
        (2, GRAY, b"\x55", None, None, (85, 85, 85)),
        (4, GRAY, b"\x33", None, None, (51, 51, 51)),
        (8, GRAY, b"\x11", None, None, (17, 17, 17)),
        (16, GRAY, b"\x64\xff", None, None, (100, 100, 100)),
        (1, GRAY, b"\x00", None, b"\0\0", WHITE),
        (1, GRAY, b"\x00", None, b"\0\1", (0, 0, 0)),
        (2, GRAY, b"\x55", None, b"\0\1", WHITE),
        (2, GRAY, b"\x55", None, b"\0\2", (85, 85, 85)),
        (4, GRAY, b"\x33", None, b"\0\3", WHITE),
        (4, GRAY, b"\x33", None, b"\1\x13", (51, 51, 51)),
        (8, GRAY, b"\x11", None, b"\0\x11", WHITE),
        (8, GRAY, b"\x11", None, b"\0\x12", (17, 17, 17)),
        (16, GRAY, b"\x11\x22", None, b"\x11\x22", WHITE),
        (16, GRAY, b"\x11\x23", None, b"\x11\x22", (17, 17, 17)),
        (8, RGB, b"\1\2\3", None, None, (1, 2, 3)),
        (8, RGB, b"\1\2\3", None, b"\0\1\0\2\0\3", WHITE),
        (8, RGB, b"\1\2\3", PLTE, None, (1, 2, 3)),
        (16, RGB, b"\x64\xff\x32\xff\x00\xff", None, None, (100, 50, 0)),
        (16, RGB, b"\1\2\3\4\5\6", None, b"\1\2\3\4\5\6", WHITE),
        (16, RGB, b"\1\2\3\4\6\6", None, b"\1\2\3\4\5\6", (1, 3, 6)),
        (1, PALETTE, b"\xff", PLTE, None, BROWN),
        (2, PALETTE, b"\x55", PLTE, None, BROWN),
        (4, PALETTE, b"\x11", PLTE, None, BROWN),
        (8, PALETTE, b"\x01", PLTE, None, BROWN),
        (1, PALETTE, b"\xff", PLTE, b"\0\x40", (223, 209, 201)),
        (2, PALETTE, b"\x55", PLTE, b"\0\x40", (223, 209, 201)),
        (4, PALETTE, b"\x11", PLTE, b"\0\x40", (223, 209, 201)),
        (8, PALETTE, b"\x01", PLTE, b"\0\x40", (223, 209, 201)),
        (8, PALETTE, b"\x01", PLTE, b"\0", BROWN),
        (8, GRAY_ALPHA, b"\x64\x80", None, None, (177, 177, 177)),
        (16, GRAY_ALPHA, b"\x64\0\x80\0", None, None, (177, 177, 177)),
        (8, RGBA, b"\x64\x32\x14\x80", None, None, (177, 152, 137)),
        (16, RGBA, b"\x64\0\x32\0\x14\0\x80\0", None, None, (177, 152, 137)),
        (8, RGBA, b"\0\0\0\0", None, None, WHITE),
    ],
)
def test_every_mode_of_a_png(depth, color, pixel, palette, transparent, right):
    assert center(png(depth, color, pixel, palette, transparent)) == pytest.approx(right, abs=2)


@pytest.mark.parametrize(
    ("mode", "pixel", "right"),
    [("L", 128, (128, 128, 128)), ("RGB", BROWN, BROWN), ("CMYK", (200, 120, 40, 60), (42, 103, 164)), ("CMYK", (0, 0, 0, 255), (0, 0, 0))],
)
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 1}, {"subsampling": 2}, {"restart_marker_rows": 1}, {"keep_rgb": True}]
)
@pytest.mark.parametrize("side", [16, 1000])
def test_every_mode_of_a_jpeg(mode, pixel, right, options, side):
    data = BytesIO()
    Image.new(mode, (side, side), pixel).save(data, "JPEG", quality=100, **options)
    assert center(data.getvalue()) == pytest.approx(right, abs=4)


BODY = chunk(b"IDAT", rows(bytes(BROWN)))
END = chunk(b"IEND")


@pytest.mark.parametrize(
    "data",
    [
        head() + chunk(b"tEXt", b"a\0b", crc=1) + BODY + END,
        head() + chunk(b"pHYs", bytes(9), crc=1) + BODY + END,
        head() + chunk(b"tRNS", struct.pack(">3H", *BROWN), crc=1) + BODY + END,
        head() + BODY + chunk(b"tRNS", struct.pack(">3H", *BROWN)) + END,
        head() + chunk(b"IDAT", rows(bytes(BROWN)), crc=1) + END,
        head() + BODY + chunk(b"IDAT") + END,
        head() + BODY + chunk(b"IEND", crc=1),
        head() + BODY + END + b"behind the end" * 100,
        head() + BODY,
        head() + BODY[:-4],
        head() + BODY[:-8],
    ],
)
def test_damage_that_costs_no_pixels_of_a_png(data):
    assert center(data) == list(BROWN)


def test_a_png_whose_header_is_damaged_is_refused():
    for start in (head()[:-4] + b"abcd", head(color=PALETTE) + chunk(b"PLTE", PLTE, crc=1)):
        with pytest.raises(UnreadablePicture):
            center(start + BODY + END)
