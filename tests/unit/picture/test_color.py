"""What becomes of colors that are not sRGB. The right values were measured with Chromium 156, on a canvas, with these very files."""

import struct
import zlib
from io import BytesIO

import icc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.picture import color
from gateway.picture.decode import DRAFT_SIZE, open_picture, to_upright
from gateway.picture.overlay import view_of
from gateway.picture.preprocess import to_pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"

ADOBE_RGB = icc.rgb(icc.ADOBE_RGB, icc.gamma(2.19921875))
DISPLAY_P3 = icc.rgb(icc.DISPLAY_P3, icc.SRGB_CURVE)
PROPHOTO = icc.rgb(icc.PROPHOTO, icc.gamma(1.8))
SWAPPED = icc.rgb(icc.SWAPPED, icc.SRGB_CURVE)
LINEAR = icc.rgb(icc.SRGB, icc.gamma(1))
SRGB = icc.rgb(icc.SRGB, icc.SRGB_CURVE)
PRESS = icc.cmyk()

BROWN = (128, 70, 40)


def saved(mode, pixel, profile=None, image_format="PNG", size=(32, 24), **options):
    data = BytesIO()
    if image_format == "JPEG":
        options |= {"quality": 100, "subsampling": 0}
    Image.new(mode, size, pixel).save(data, image_format, icc_profile=profile, **options)
    return data.getvalue()


def chunk(kind, body, crc=None):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def iccp(profile, **options):
    return chunk(b"iCCP", b"a name\0\0" + zlib.compress(profile), **options)


def png(*chunks, after=b"", mode="RGB", pixel=BROWN):
    """A PNG of one color with `chunks` before and `after` its pixels."""
    data = saved(mode, pixel)
    end = data.index(b"IEND") - 4
    return data[:33] + b"".join(chunks) + data[33:end] + after + data[end:]


def jpeg(*parts, pixel=BROWN):
    data = saved("RGB", pixel, image_format="JPEG")
    segments = b"".join(b"\xff\xe2" + struct.pack(">H", len(part) + 14) + b"ICC_PROFILE\0" + part for part in parts)
    return data[:2] + segments + data[2:]


def center(data):
    return to_pixels(open_picture(data))[112, 112].tolist()


def near(expected, most=4):
    return pytest.approx(expected, abs=most)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("profile", "pixel", "right"),
    [
        (ADOBE_RGB, (103, 159, 94), (63, 160, 89)),
        (ADOBE_RGB, (20, 30, 200), (4, 24, 205)),
        (ADOBE_RGB, (8, 8, 8), (2, 2, 2)),
        (DISPLAY_P3, (103, 159, 94), (84, 161, 86)),
        (DISPLAY_P3, (20, 30, 200), (17, 30, 208)),
        (PROPHOTO, (103, 159, 94), (53, 184, 99)),
        (PROPHOTO, (20, 30, 200), (0, 41, 224)),
        (PROPHOTO, (8, 8, 8), (6, 6, 6)),
        (SWAPPED, (103, 159, 94), (159, 103, 94)),
        (SWAPPED, (20, 30, 200), (30, 20, 200)),
        (LINEAR, (103, 159, 94), (170, 207, 163)),
        (LINEAR, (20, 30, 200), (78, 96, 229)),
        (LINEAR, (8, 8, 8), (50, 50, 50)),
    ],
)
def test_rgb_is_what_its_profile_says(image_format, profile, pixel, right):
    assert center(saved("RGB", pixel, profile, image_format)) == near(right)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("gamma", "levels"), [(1.0, {6: 42, 40: 110, 128: 188}), (1.8, {6: 4, 40: 53, 128: 146}), (2.2, {6: 1, 40: 35, 128: 129})]
)
def test_gray_is_what_its_profile_says(image_format, gamma, levels):
    for level, right in levels.items():
        assert center(saved("L", level, icc.gray(gamma), image_format)) == near([right] * 3)


@pytest.mark.parametrize(
    ("inks", "right"),
    [
        ((0, 0, 0, 0), (252, 254, 255)),
        ((255, 0, 0, 0), (0, 151, 218)),
        ((0, 255, 0, 0), (215, 16, 123)),
        ((0, 0, 255, 0), (245, 223, 0)),
        ((200, 120, 40, 0), (78, 115, 160)),
        ((30, 60, 90, 0), (226, 191, 158)),
        ((128, 128, 128, 0), (144, 126, 116)),
        # By the profile's own table: Chromium takes the black for three inks.
        ((0, 0, 0, 128), (144, 144, 144)),
        ((0, 0, 0, 255), (48, 48, 48)),
    ],
)
def test_cmyk_is_what_its_profile_says(inks, right):
    assert center(saved("CMYK", inks, PRESS, "JPEG")) == near(right)


def test_a_press_with_two_tables_is_read_by_the_perceptual_one_as_browsers_do():
    other = icc.cmyk_table(inks=(2, 1, 0))
    both = icc.cmyk(colorimetric=other)
    assert center(saved("CMYK", (255, 0, 0, 0), both, "JPEG")) == near((0, 151, 218))
    only = icc.cmyk(colorimetric=other, perceptual=None)
    assert center(saved("CMYK", (255, 0, 0, 0), only, "JPEG")) == near((245, 223, 0))


def test_a_gray_profile_in_lightness_changes_nothing_as_in_browsers():
    lightness = icc.profile(b"GRAY", {**icc.WHITE, b"kTRC": icc.gamma(1)}, connection=b"Lab ")
    assert center(saved("L", 100, lightness, "JPEG")) == near([100] * 3)


@pytest.mark.parametrize(
    ("mode", "pixel", "profile", "right"),
    [
        ("L", 128, PROPHOTO, (146, 146, 146)),
        ("LA", (128, 128), icc.gray(1), (221, 221, 221)),
        ("I;16", 128 * 256, icc.gray(1), (188, 188, 188)),
        ("RGBA", (*BROWN, 255), PROPHOTO, (189, 66, 43)),
        # Made sRGB before it is laid on white.
        ("RGBA", (*BROWN, 128), PROPHOTO, (222, 160, 148)),
        ("RGBA", (*BROWN, 0), PROPHOTO, (255, 255, 255)),
    ],
)
def test_every_mode_of_a_png_is_what_its_profile_says(mode, pixel, profile, right):
    assert center(saved(mode, pixel, profile)) == near(right)


def test_so_is_a_palette():
    image = Image.new("P", (32, 24), 0)
    image.putpalette(BROWN)
    for options, right in (({}, (189, 66, 43)), ({"transparency": b"\x80"}, (222, 160, 148))):
        data = BytesIO()
        image.save(data, "PNG", icc_profile=PROPHOTO, **options)
        assert center(data.getvalue()) == near(right)


def gama(value):
    return chunk(b"gAMA", struct.pack(">I", value))


def chrm(*values):
    return chunk(b"cHRM", struct.pack(">8I", *values))


OF_SRGB = chrm(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
WIDE = chrm(31270, 32900, 73470, 26530, 11590, 82640, 15660, 1770)
IS_SRGB = chunk(b"sRGB", b"\0")
IS_P3 = chunk(b"cICP", bytes([12, 13, 0, 1]))


@pytest.mark.parametrize(
    ("chunks", "right"),
    [
        ([gama(100_000)], (188, 143, 110)),
        ([gama(55_556)], (146, 88, 53)),
        ([gama(45_455)], BROWN),
        ([gama(0)], BROWN),
        ([gama(45_455), WIDE], (157, 50, 27)),
        ([gama(100_000), WIDE], (212, 135, 105)),
        ([gama(100_000), chrm(*[0] * 8)], BROWN),
        ([gama(100_000), chrm(*[2**32 - 1] * 8)], BROWN),
        ([gama(100_000), chrm(*[33_333] * 8)], BROWN),
        ([WIDE], BROWN),
        ([IS_SRGB, gama(100_000)], BROWN),
        ([IS_SRGB, iccp(PROPHOTO)], (189, 66, 43)),
        ([iccp(PROPHOTO), gama(100_000)], (189, 66, 43)),
        ([iccp(SRGB), gama(100_000)], BROWN),
        ([IS_P3], (137, 66, 32)),
        ([IS_P3, iccp(PROPHOTO)], (137, 66, 32)),
        ([chunk(b"cICP", b"\x0c")], BROWN),
        ([iccp(ADOBE_RGB), iccp(PROPHOTO)], (145, 68, 33)),
        ([iccp(PROPHOTO + bytes(1_500_000))], (189, 66, 43)),
    ],
)
def test_which_chunk_counts(chunks, right):
    assert center(png(*chunks)) == near(right)


@pytest.mark.parametrize("declined", [gama(1), chunk(b"cICP", bytes([9, 16, 0, 1])), chunk(b"cICP", bytes([9, 18, 0, 1]))])
def test_an_absurd_gamma_and_hdr_change_nothing(declined):
    assert center(png(declined)) == list(BROWN)


def test_dark_colors_by_gamma_and_primaries():
    assert center(png(gama(45_455), OF_SRGB, pixel=(20, 70, 40))) == near((12, 68, 35))


def parts(profile, order, total):
    size = -(-len(profile) // 3)
    return [bytes([number + 1, total]) + profile[number * size : (number + 1) * size] for number in order]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_the_segments_of_a_jpeg_have_their_order_by_number(order):
    assert center(jpeg(*parts(PROPHOTO, order, 3))) == near((189, 66, 43))


DAMAGED = {
    "a wrong check sum": png(iccp(PROPHOTO, crc=5)),
    "cut short": png(chunk(b"iCCP", b"a\0\0" + zlib.compress(PROPHOTO)[:100])),
    "no name": png(chunk(b"iCCP", b"\0\0" + zlib.compress(PROPHOTO))),
    "an unknown compression": png(chunk(b"iCCP", b"a\0\1" + zlib.compress(PROPHOTO))),
    "nothing": png(chunk(b"iCCP", b"")),
    "no zlib": png(chunk(b"iCCP", b"a\0\0junk")),
    "no profile": png(iccp(b"junk" * 100)),
    "behind the pixels": png(after=iccp(PROPHOTO)),
    "of gray": png(iccp(icc.gray(1))),
    "of a press": png(iccp(PRESS)),
    "of a link": png(iccp(icc.rgb(icc.PROPHOTO, icc.gamma(1.8), kind=b"link"))),
    "without a signature": png(iccp(icc.rgb(icc.PROPHOTO, icc.gamma(1.8), signature=b"none"))),
    "without curves": png(iccp(icc.profile(b"RGB ", icc.WHITE))),
    "with a curve that is none": png(iccp(icc.rgb(icc.PROPHOTO, b"junk" * 4))),
    "larger than any": png(iccp(PROPHOTO + bytes(color.MAX_BYTES))),
    "a gAMA of no number": png(chunk(b"gAMA", b"")),
    "a cHRM of no numbers": png(gama(45_455), chunk(b"cHRM", b"abc")),
    "a segment lacks": jpeg(*parts(PROPHOTO, (0, 1), 3)),
    "a segment twice": jpeg(*parts(PROPHOTO, (0, 1, 1, 2), 3)),
    "more segments than told": jpeg(*parts(PROPHOTO, (0, 1, 2), 2)),
    "no segments told": jpeg(b"\1\0" + PROPHOTO),
    "an empty segment": jpeg(b""),
    "a JPEG's junk": jpeg(b"\1\1" + b"junk" * 50),
    "300 segments": jpeg(*[b"\1\xff"] * 300),
    "larger than any, in segments": jpeg(*[bytes([number, 70]) + bytes(60_000) for number in range(1, 71)]),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_what_cannot_be_read_changes_nothing_and_says_nothing(data, capfd):
    plain = saved("RGB", BROWN, image_format="PNG" if data.startswith(SIGNATURE) else "JPEG")
    assert np.array_equal(to_pixels(open_picture(data)), to_pixels(open_picture(plain)))
    assert capfd.readouterr() == ("", "")


def test_of_other_pixels_a_profile_says_nothing():
    plain = center(saved("CMYK", (200, 120, 40, 60), image_format="JPEG"))
    assert center(saved("CMYK", (200, 120, 40, 60), PROPHOTO, "JPEG")) == plain
    assert center(saved("RGB", BROWN, icc.gray(1), "JPEG")) == near(BROWN)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_srgb_moves_no_pixel(picture, image_format):
    plain = to_pixels(open_picture(picture(image_format=image_format)))
    tagged = to_pixels(open_picture(picture(image_format=image_format, icc_profile=SRGB)))
    assert np.array_equal(plain, tagged)


def test_what_is_drawn_is_srgb_too():
    for size in ((32, 24), (3000, 2000)):
        view = view_of(to_upright(open_picture(saved("RGB", BROWN, PROPHOTO, size=size)), DRAFT_SIZE))
        assert list(view.getpixel((9, 9))) == near((189, 66, 43))
        view = view_of(to_upright(open_picture(saved("CMYK", (200, 120, 40, 0), PRESS, "JPEG", size=size)), DRAFT_SIZE))
        assert list(view.getpixel((9, 9))) == near((78, 115, 160))


def test_a_turned_picture_of_a_press_is_turned_and_made_srgb():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("CMYK", (300, 200), (255, 0, 0, 0))
    image.paste((0, 0, 255, 0), (0, 0, 150, 200))
    data = BytesIO()
    image.save(data, "JPEG", quality=100, exif=exif, icc_profile=PRESS)
    pixels = to_pixels(open_picture(data.getvalue()))
    assert pixels[20, 112].tolist() == near((245, 223, 0))
    assert pixels[-20, 112].tolist() == near((0, 151, 218))


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
    assert center(saved("RGB", BROWN, profile)) == near((189, 66, 43))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([PROPHOTO, icc.gray(1.8), icc.cmyk(3)]), st.lists(st.tuples(st.integers(0, 600), st.binary(min_size=1, max_size=4))))
def test_no_damage_to_a_profile_refuses_a_picture(profile, places):
    damaged = bytearray(profile)
    for start, replacement in places:
        damaged[start : start + len(replacement)] = replacement
    for mode, image_format in (("RGB", "PNG"), ("L", "PNG"), ("CMYK", "JPEG")):
        center(saved(mode, 0 if mode == "L" else (9,) * len(mode), bytes(damaged), image_format, size=(2, 2)))
