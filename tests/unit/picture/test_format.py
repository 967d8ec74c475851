import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import TooManySegments
from gateway.picture.format import read_layout

# As figures, and not format.py's own: a limit that is raised there must be seen here.
SEGMENTS, STRAY_BYTES, PIXEL_CHUNKS = 500, 65_536, 50_000

COMMENT = b"\xff\xfe\0\2"
PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind, body=b""):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_counts_what_libjpeg_writes(picture):
    for options, scans in (({}, 1), ({"progressive": True}, 10), ({"progressive": True, "restart_marker_rows": 1}, 10)):
        data = picture(**options)
        layout = read_layout(data)
        assert (len(layout.scans), layout.buffered) == (scans, bool(options))
        # What lies behind the end belongs to no picture: an MPO's other frames, or whatever somebody has appended.
        assert len(read_layout(data + data * 3).scans) == scans
    assert sorted(read_layout(picture(subsampling=2)).components.values()) == [(1, 1), (1, 1), (2, 2)]
    assert len(read_layout(picture(mode="CMYK", progressive=True)).scans) == 18


def test_a_jpeg_has_so_many_segments(picture):
    data = picture()
    own = 100
    assert len(read_layout(data[:2] + COMMENT * (SEGMENTS - own) + data[2:]).scans) == 1
    with pytest.raises(TooManySegments):
        read_layout(data[:2] + COMMENT * SEGMENTS + data[2:])


def test_a_jpeg_has_so_many_bytes_between_them(picture):
    data = picture()
    for stray in (b"\xff", b"\0", b"\xff\0"):
        few, many = (stray * (count // len(stray)) for count in (STRAY_BYTES, STRAY_BYTES + 2))
        assert len(read_layout(data[:20] + few + data[20:]).scans) == 1
        for bomb in (data[:20] + many + data[20:], data[:20] + many):
            with pytest.raises(TooManySegments):
                read_layout(bomb)


def test_a_png_has_so_many_chunks(picture):
    data = picture(image_format="PNG")
    assert not read_layout(data[:33] + chunk(b"tEXt") * (SEGMENTS - 2) + data[33:]).scans
    with pytest.raises(TooManySegments):
        read_layout(data[:33] + chunk(b"tEXt") * SEGMENTS + data[33:])
    with pytest.raises(TooManySegments):
        read_layout(data[:33] + chunk(b"IDAT") * PIXEL_CHUNKS + data[33:])
    # What lies behind the end is not read.
    assert not read_layout(data + chunk(b"tEXt") * SEGMENTS).scans


def test_how_a_png_is_stored(picture):
    layout = read_layout(picture(image_format="PNG"))
    assert (layout.depth, layout.samples, layout.interlaced, layout.transparent) == (8, 3, False, False)
    head = struct.pack(">2I5B", 9, 7, 16, 6, 0, 0, 1)
    layout = read_layout(PNG + chunk(b"IHDR", head) + chunk(b"IDAT") + chunk(b"IHDR", bytes(13)))
    # What comes behind the first pixels is no header.
    assert (layout.depth, layout.samples, layout.interlaced, layout.transparent) == (16, 4, True, True)


def test_a_decoder_does_not_see_what_it_does_not_need(picture):
    data = picture(image_format="PNG")
    profile, text = chunk(b"iCCP", b"a"), chunk(b"zTXt", b"b")
    full = data[:33] + text + profile + chunk(b"eXIf", b"c") + profile + data[33:]
    assert b"".join(full[start:end] for start, end in read_layout(full).needed(len(full))) == data
    data = picture()
    exif, profile = b"\xff\xe1\0\x0aExif\0\0II", b"\xff\xe2\0\x10ICC_PROFILE\0\1\1"
    full = data[:2] + exif + profile + COMMENT + data[2:]
    assert b"".join(full[start:end] for start, end in read_layout(full).needed(len(full))) == data


@given(st.binary(max_size=300))
def test_any_bytes_are_counted(data):
    for head in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        for start, end in read_layout(head + data).needed(len(head + data)):
            assert start < end <= len(head + data)
