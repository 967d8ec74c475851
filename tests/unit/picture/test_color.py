"""What becomes of colors that are not sRGB. The right values were measured with Chromium 156, on a canvas, with these very files."""

import struct
import zlib
from io import BytesIO

import icc
import jpeg
import numpy as np
import png
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.picture import color
from gateway.picture.decode import DRAFT_SIZE, open_picture, to_upright
from gateway.picture.overlay import view_of
from gateway.picture.preprocess import to_pixels

ADOBE_RGB = icc.rgb(icc.ADOBE_RGB, icc.gamma(2.19921875))
DISPLAY_P3 = icc.rgb(icc.DISPLAY_P3, icc.SRGB_CURVE)
PROPHOTO = icc.rgb(icc.PROPHOTO, icc.gamma(1.8))
SWAPPED = icc.rgb(icc.SWAPPED, icc.SRGB_CURVE)
LINEAR = icc.rgb(icc.SRGB, icc.gamma(1))
SRGB = icc.rgb(icc.SRGB, icc.SRGB_CURVE)
PRESS = icc.cmyk()
# Its table of another intent has cyan and yellow in each other's place.
COLORIMETRIC = icc.cmyk_table(inks=(2, 1, 0))

BROWN = (128, 70, 40)
BROWN_OF_PROPHOTO = (189, 66, 43)


def saved(mode, pixel, profile=None, image_format="PNG", size=(32, 24), **options):
    data = BytesIO()
    if image_format == "JPEG":
        options |= {"quality": 100, "subsampling": 0}
    Image.new(mode, size, pixel).save(data, image_format, icc_profile=profile, **options)
    return data.getvalue()


def iccp(profile, **options):
    return png.chunk(b"iCCP", b"a name\0\0" + zlib.compress(profile), **options)


def png_with(*chunks):
    """A PNG of one color with `chunks` before its pixels."""
    data = saved("RGB", BROWN)
    return data[:33] + b"".join(chunks) + data[33:]


def jpeg_with(*parts):
    """A JPEG of one color with the `parts` of a profile."""
    data = saved("RGB", BROWN, image_format="JPEG")
    return data[:2] + b"".join(jpeg.app(2, b"ICC_PROFILE\0" + part) for part in parts) + data[2:]


def center(data):
    return to_pixels(open_picture(data))[112, 112].tolist()


def near(expected):
    return pytest.approx(expected, abs=4)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("mode", "profile", "pixel", "right"),
    [
        ("RGB", ADOBE_RGB, (103, 159, 94), (63, 160, 89)),
        ("RGB", DISPLAY_P3, (103, 159, 94), (84, 161, 86)),
        ("RGB", PROPHOTO, (20, 30, 200), (0, 41, 224)),
        ("RGB", PROPHOTO, (8, 8, 8), (6, 6, 6)),
        ("RGB", SWAPPED, (103, 159, 94), (159, 103, 94)),
        ("RGB", LINEAR, (20, 30, 200), (78, 96, 229)),
        ("L", icc.gray(1.0), 6, (42, 42, 42)),
        ("L", icc.gray(1.8), 40, (53, 53, 53)),
        # Of other pixels a profile says nothing, and neither does one in lightness, as in browsers.
        ("RGB", icc.gray(1), BROWN, BROWN),
        ("L", icc.profile(b"GRAY", {**icc.WHITE, b"kTRC": icc.gamma(1)}, connection=b"Lab "), 100, (100, 100, 100)),
    ],
)
def test_a_color_is_what_its_profile_says(mode, image_format, profile, pixel, right):
    assert center(saved(mode, pixel, profile, image_format)) == near(right)


@pytest.mark.parametrize(
    ("inks", "profile", "right"),
    [
        ((0, 0, 0, 0), PRESS, (252, 254, 255)),
        ((255, 0, 0, 0), PRESS, (0, 151, 218)),
        ((200, 120, 40, 0), PRESS, (78, 115, 160)),
        # By the profile's own table: Chromium takes the black for three inks.
        ((0, 0, 0, 128), PRESS, (144, 144, 144)),
        # Browsers read the perceptual one of two tables.
        ((255, 0, 0, 0), icc.cmyk(colorimetric=COLORIMETRIC), (0, 151, 218)),
        ((255, 0, 0, 0), icc.cmyk(colorimetric=COLORIMETRIC, perceptual=None), (245, 223, 0)),
        ((200, 120, 40, 60), PROPHOTO, (42, 103, 164)),
    ],
)
def test_cmyk_is_what_its_profile_says(inks, profile, right):
    assert center(saved("CMYK", inks, profile, "JPEG")) == near(right)


@pytest.mark.parametrize(
    ("mode", "pixel", "profile", "options", "right"),
    [
        ("L", 128, PROPHOTO, {}, (146, 146, 146)),
        ("LA", (128, 128), icc.gray(1), {}, (221, 221, 221)),
        ("I;16", 128 * 256, icc.gray(1), {}, (188, 188, 188)),
        # Made sRGB before it is laid on white.
        ("RGBA", (*BROWN, 128), PROPHOTO, {}, (222, 160, 148)),
        ("P", BROWN, PROPHOTO, {"transparency": b"\x80"}, (222, 160, 148)),
    ],
)
def test_every_mode_of_a_png_is_what_its_profile_says(mode, pixel, profile, options, right):
    assert center(saved(mode, pixel, profile, **options)) == near(right)


def gama(value):
    return png.chunk(b"gAMA", struct.pack(">I", value))


def chrm(*values):
    return png.chunk(b"cHRM", struct.pack(">8I", *values))


def cicp(*values):
    return png.chunk(b"cICP", bytes(values))


WIDE = chrm(31270, 32900, 73470, 26530, 11590, 82640, 15660, 1770)
IS_SRGB = png.chunk(b"sRGB", b"\0")


@pytest.mark.parametrize(
    ("chunks", "right"),
    [
        ([gama(100_000)], (188, 143, 110)),
        ([gama(0)], BROWN),
        ([gama(1)], BROWN),
        ([gama(100_000), WIDE], (212, 135, 105)),
        ([gama(100_000), chrm(*[0] * 8)], BROWN),
        ([IS_SRGB, gama(100_000)], BROWN),
        ([IS_SRGB, iccp(PROPHOTO)], BROWN_OF_PROPHOTO),
        ([iccp(PROPHOTO), gama(100_000)], BROWN_OF_PROPHOTO),
        ([iccp(SRGB), gama(100_000)], BROWN),
        ([cicp(12, 13, 0, 1), iccp(PROPHOTO)], (137, 66, 32)),
        # Of high dynamic range, and cut short.
        ([cicp(9, 16, 0, 1)], BROWN),
        ([cicp(12)], BROWN),
        ([iccp(ADOBE_RGB), iccp(PROPHOTO)], (145, 68, 33)),
        ([iccp(PROPHOTO + bytes(1_500_000))], BROWN_OF_PROPHOTO),
    ],
)
def test_which_chunk_counts(chunks, right):
    assert center(png_with(*chunks)) == near(right)


def parts(profile, order, total):
    size = -(-len(profile) // 3)
    return [bytes([number + 1, total]) + profile[number * size : (number + 1) * size] for number in order]


def test_the_segments_of_a_jpeg_have_their_order_by_number():
    assert center(jpeg_with(*parts(PROPHOTO, (2, 0, 1), 3))) == near(BROWN_OF_PROPHOTO)


DAMAGED = {
    "a wrong check sum": png_with(iccp(PROPHOTO, crc=5)),
    "cut short": png_with(png.chunk(b"iCCP", b"a\0\0" + zlib.compress(PROPHOTO)[:100])),
    "no name": png_with(png.chunk(b"iCCP", b"\0\0" + zlib.compress(PROPHOTO))),
    "no zlib": png_with(png.chunk(b"iCCP", b"a\0\0junk")),
    "no profile": png_with(iccp(b"junk" * 100)),
    "of a link": png_with(iccp(icc.rgb(icc.PROPHOTO, icc.gamma(1.8), kind=b"link"))),
    "larger than any": png_with(iccp(PROPHOTO + bytes(color.MAX_BYTES))),
    "a segment twice": jpeg_with(*parts(PROPHOTO, (0, 1, 1, 2), 3)),
    "larger than any, in segments": jpeg_with(*[bytes([number, 70]) + bytes(60_000) for number in range(1, 71)]),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_what_cannot_be_read_changes_nothing_and_says_nothing(data, capfd):
    plain = saved("RGB", BROWN, image_format="PNG" if data.startswith(png.SIGNATURE) else "JPEG")
    assert np.array_equal(to_pixels(open_picture(data)), to_pixels(open_picture(plain)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_srgb_moves_no_pixel(picture, image_format):
    plain = to_pixels(open_picture(picture(image_format=image_format)))
    tagged = to_pixels(open_picture(picture(image_format=image_format, icc_profile=SRGB)))
    assert np.array_equal(plain, tagged)


@pytest.mark.parametrize("size", [(32, 24), (1500, 1000)])
def test_what_is_drawn_is_srgb_too(size):
    for file, right in (
        (saved("RGB", BROWN, PROPHOTO, size=size), BROWN_OF_PROPHOTO),
        (saved("CMYK", (200, 120, 40, 0), PRESS, "JPEG", size), (78, 115, 160)),
    ):
        assert list(view_of(to_upright(open_picture(file), DRAFT_SIZE)).getpixel((9, 9))) == near(right)


def test_so_many_conversions_are_kept():
    for number in range(color.KEPT + 5):
        center(saved("RGB", BROWN, PROPHOTO + bytes([number])))
    assert len(color._kept) == color.KEPT


def test_tables_that_could_take_minutes_are_not_read():
    # A chain of matrices, as the third edition has, that would make everything black.
    matrix = b"matf" + bytes(4) + struct.pack(">2H", 3, 3) + bytes(48)
    element = b"mpet" + bytes(4) + struct.pack(">2HL2L", 3, 3, 1, 24, len(matrix)) + matrix
    colors = {name: icc.xyz(values) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), icc.PROPHOTO, strict=True)}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), icc.gamma(1.8))
    profile = icc.profile(b"RGB ", {**icc.WHITE, **colors, **curves, b"D2B0": element, b"D2B1": element})
    assert center(saved("RGB", BROWN, profile)) == near(BROWN_OF_PROPHOTO)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([PROPHOTO, icc.gray(1.8), icc.cmyk(3)]), st.lists(st.tuples(st.integers(0, 600), st.binary(min_size=1, max_size=4))))
def test_no_damage_to_a_profile_refuses_a_picture(profile, places):
    damaged = bytearray(profile)
    for start, replacement in places:
        damaged[start : start + len(replacement)] = replacement
    for mode, image_format in (("RGB", "PNG"), ("L", "PNG"), ("CMYK", "JPEG")):
        center(saved(mode, 0 if mode == "L" else (9,) * len(mode), bytes(damaged), image_format, size=(2, 2)))
