import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.errors import TooManySegments
from gateway.preprocess import open_picture
from gateway.segments import MAX_SCANS, count_scans

# As figures, and not segments.py's own: a limit that is raised there must be seen here.
SEGMENTS, STRAY_BYTES, PIXEL_CHUNKS = 500, 65_536, 50_000

COMMENT = b"\xff\xfe\0\2"


def chunk(kind, body=b""):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(
    ("options", "scans"), [({}, 1), ({"progressive": True}, 10), ({"progressive": True, "restart_marker_rows": 1}, 10)]
)
def test_counts_what_libjpeg_writes(picture, options, scans):
    data = picture(**options)
    assert count_scans(data) == scans
    # What lies behind the end belongs to no picture: an MPO's other frames, or whatever somebody has appended.
    assert count_scans(data + data * 3) == scans


def test_counts_scans_of_four_components():
    data = BytesIO()
    Image.new("CMYK", (64, 64)).save(data, "JPEG", progressive=True)
    assert count_scans(data.getvalue()) == 18


def test_a_jpeg_has_so_many_segments(picture):
    data = picture()
    own = 100
    assert count_scans(data[:2] + COMMENT * (SEGMENTS - own) + data[2:]) == 1
    with pytest.raises(TooManySegments):
        count_scans(data[:2] + COMMENT * SEGMENTS + data[2:])


@pytest.mark.parametrize("stray", [b"\xff", b"\0", b"\xff\0"])
def test_a_jpeg_has_so_many_bytes_between_them(picture, stray):
    data = picture()
    few, many = (stray * (count // len(stray)) for count in (STRAY_BYTES, STRAY_BYTES + 2))
    assert count_scans(data[:2] + few + data[2:]) == 1
    for bomb in (data[:3] + many + data[2:], data[:3] + many):
        with pytest.raises(TooManySegments):
            count_scans(bomb)


def test_a_png_has_so_many_chunks(picture):
    data = picture(image_format="PNG")
    assert count_scans(data[:33] + chunk(b"tEXt") * (SEGMENTS - 2) + data[33:]) == 1
    with pytest.raises(TooManySegments):
        count_scans(data[:33] + chunk(b"tEXt") * SEGMENTS + data[33:])
    with pytest.raises(TooManySegments):
        count_scans(data[:33] + chunk(b"IDAT") * PIXEL_CHUNKS + data[33:])
    # What lies behind the end is not read.
    assert count_scans(data + chunk(b"tEXt") * SEGMENTS) == 1


def test_scans_are_allowed_in_proportion_to_the_pixels(picture):
    data = picture(100, 100, progressive=True)
    last = data.rindex(b"\xff\xda")
    more = data[:last] + data[last:-2] * 23 + data[-2:]
    assert count_scans(more) == 32
    # As many walks over all pixels as MAX_SCANS over a picture of the most that are allowed.
    least = 32 * 100 * 100 // MAX_SCANS
    assert open_picture(more, least).size == (100, 100)
    with pytest.raises(TooManySegments):
        open_picture(more, least - 1)


@given(st.binary(max_size=300))
def test_any_bytes_are_counted(data):
    for head in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        assert count_scans(head + data) >= 0
