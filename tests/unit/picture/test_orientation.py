import struct

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.picture.orientation import EXIF, UPRIGHT, read_orientation


def tiff(*entries, order="<", count=None):
    """Each of `entries` is (tag, kind, count, value)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    body = b"".join(struct.pack(f"{order}HHLH2x", *entry) for entry in entries)
    return mark + struct.pack(f"{order}LH", 8, len(entries) if count is None else count) + body


def test_reads_what_pillow_writes():
    for value in range(1, 9):
        exif = Image.Exif()
        exif[0x010F] = "a camera"
        exif[0x0112] = value
        assert read_orientation(exif.tobytes().removeprefix(EXIF + b"\0")) == value


def test_reads_both_orders_of_bytes_and_any_place_of_the_tag():
    for order in "<>":
        assert read_orientation(tiff((0x010E, 2, 1, 0), (0x0112, 3, 1, 6), (0x0112, 3, 1, 3), order=order)) == 6


def test_what_tells_none_is_upright():
    for data in (
        b"",
        b"II*\0",
        b"XX*\0" + tiff((0x0112, 3, 1, 6))[4:],
        tiff(),
        tiff((0x0112, 3, 1, 0)),
        tiff((0x0112, 3, 1, 9)),
        tiff((0x0112, 4, 1, 6)),
        tiff((0x0112, 3, 2, 6)),
        tiff((0x0112, 3, 1, 6))[:-6],
        tiff((0x0111, 3, 1, 6), count=65_535),
        b"II*\0\xff\xff\xff\xff" + bytes(100),
    ):
        assert read_orientation(data) == UPRIGHT, data


@given(st.binary(max_size=200))
def test_any_bytes_tell_an_orientation(data):
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert 1 <= read_orientation(head + data) <= 8
