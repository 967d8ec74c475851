"""What is read of a file before it is decoded: its pieces, how it is stored, how it is turned."""

import struct
from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO

import png
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.errors import TooManySegments
from gateway.picture.decode import Pieces
from gateway.picture.format import read_layout
from gateway.picture.orientation import EXIF, UPRIGHT, read_orientation

COMMENT = b"\xff\xfe\0\2"


def test_counts_what_libjpeg_writes(picture):
    for options, scans in (({}, 1), ({"progressive": True}, 10), ({"progressive": True, "restart_marker_rows": 1}, 10)):
        data = picture(**options)
        layout = read_layout(data)
        assert (len(layout.scans), layout.buffered) == (scans, bool(options))
        # What lies behind the end belongs to no picture: an MPO's other frames, or whatever somebody has appended.
        assert len(read_layout(data + data * 3).scans) == scans
    assert sorted(read_layout(picture(subsampling=2)).components.values()) == [(1, 1), (1, 1), (2, 2)]
    assert len(read_layout(picture(mode="CMYK", progressive=True)).scans) == 18


# The few are fewer than the bound by what the picture itself has, and the many as many as it.
@pytest.mark.parametrize(
    ("image_format", "at", "piece", "few", "many"),
    [
        ("JPEG", 2, COMMENT, 400, 500),
        ("JPEG", 20, b"\xff", 65_536, 65_538),
        ("JPEG", 20, b"\0", 65_536, 65_538),
        ("JPEG", 20, b"\xff\0", 32_768, 32_769),
        ("PNG", 33, png.chunk(b"tEXt"), 498, 500),
        ("PNG", 33, png.chunk(b"IDAT"), 49_990, 50_000),
    ],
)
def test_a_file_has_so_many_pieces_and_bytes_between_them(picture, image_format, at, piece, few, many):
    data = picture(image_format=image_format)
    read_layout(data[:at] + piece * few + data[at:])
    with pytest.raises(TooManySegments):
        read_layout(data[:at] + piece * many + data[at:])
    if at == 20:
        with pytest.raises(TooManySegments):
            read_layout(data[:at] + piece * many)
    # What lies behind the end is not read.
    read_layout(data + piece * many)


def test_how_a_png_is_stored(picture):
    layout = read_layout(picture(image_format="PNG"))
    assert (layout.depth, layout.samples, layout.interlaced, layout.transparent) == (8, 3, False, False)
    # What comes behind the first pixels is no header.
    layout = read_layout(png.SIGNATURE + png.header(9, 7, 16, png.RGBA, 1) + png.chunk(b"IDAT") + png.header(9, 7))
    assert (layout.depth, layout.samples, layout.interlaced, layout.transparent) == (16, 4, True, True)


def test_a_decoder_does_not_see_what_it_does_not_need(picture):
    profile, exif = b"\xff\xe2\0\x10ICC_PROFILE\0\1\1", b"\xff\xe1\0\x0aExif\0\0II"
    for data, at, needless in (
        (picture(image_format="PNG"), 33, [png.chunk(kind, b"a") for kind in (b"zTXt", b"iCCP", b"eXIf", b"iCCP")]),
        (picture(), 2, [exif, profile, COMMENT]),
    ):
        full = data[:at] + b"".join(needless) + data[at:]
        assert b"".join(full[start:end] for start, end in read_layout(full).needed(len(full))) == data


@given(st.binary(max_size=300))
def test_any_bytes_are_counted(data):
    for head in (b"", b"\xff\xd8\xff", png.SIGNATURE):
        for start, end in read_layout(head + data).needed(len(head + data)):
            assert start < end <= len(head + data)


SPANS = [(1, 4), (4, 5), (9, 20)]
DATA = bytes(range(30))
CALLS = st.one_of(
    st.tuples(st.just("read"), st.integers(-1, 20)),
    st.tuples(st.just("seek"), st.integers(0, 25), st.sampled_from([SEEK_SET, SEEK_CUR, SEEK_END])),
    st.tuples(st.just("tell")),
)


@given(st.lists(CALLS))
def test_pieces_are_read_as_one_file(calls):
    pieces, file = Pieces(memoryview(DATA), SPANS), BytesIO(b"".join(DATA[start:end] for start, end in SPANS))
    for name, *arguments in calls:
        assert getattr(pieces, name)(*arguments) == getattr(file, name)(*arguments)


def tiff(*entries, order="<", count=None):
    """Each of `entries` is (tag, kind, count, value)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    body = b"".join(struct.pack(f"{order}HHLH2x", *entry) for entry in entries)
    return mark + struct.pack(f"{order}LH", 8, len(entries) if count is None else count) + body


def test_the_orientation_that_pillow_writes_or_the_first_of_several_in_either_order_of_bytes():
    for value in range(1, 9):
        exif = Image.Exif()
        exif[0x010F] = "a camera"
        exif[0x0112] = value
        assert read_orientation(exif.tobytes().removeprefix(EXIF + b"\0")) == value
    for order in "<>":
        assert read_orientation(tiff((0x010E, 2, 1, 0), (0x0112, 3, 1, 6), (0x0112, 3, 1, 3), order=order)) == 6


@pytest.mark.parametrize(
    "data",
    [
        b"XX*\0" + tiff((0x0112, 3, 1, 6))[4:],
        tiff((0x0112, 3, 1, 0)),
        tiff((0x0112, 4, 1, 6)),
        tiff((0x0112, 3, 2, 6)),
        tiff((0x0112, 3, 1, 6))[:-6],
        tiff((0x0111, 3, 1, 6), count=65_535),
    ],
)
def test_what_tells_no_orientation_is_upright(data):
    assert read_orientation(data) == UPRIGHT
