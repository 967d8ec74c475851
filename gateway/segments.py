"""Into how many pieces a JPEG or PNG is cut, counted before a decoder works through them one by one.

A file of a few megabytes can hold a million empty pieces, or have every block of a picture walked over thousands of times.
"""

import re

from gateway.errors import TooManySegments

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

# 20 MB of metadata in full segments are 320, and no encoder writes more than one profile.
MAX_SEGMENTS = 500

# What may lie between the segments of a JPEG, which Pillow skips byte by byte.
MAX_STRAY_BYTES = 65_536

# The chunks of a PNG that hold pixels, of which encoders write one for every 8 to 64 kB.
PIXEL_CHUNKS = (b"IDAT", b"fdAT", b"fcTL")
MAX_PIXEL_CHUNKS = 50_000

# How often a decoder may walk over a JPEG of the most pixels allowed, and over a smaller one in proportion. libjpeg writes a progressive
# picture in 10 scans, CMYK in 18.
MAX_SCANS = 16

# A byte stuffed into the pixels (00), a restart (D0 to D7) and a fill byte (FF) begin no segment.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_ALONE = {0x01, 0xD8, 0xD9}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_END, _SCAN = 0xD9, 0xDA


def count_scans(data: bytes) -> int:
    """How often a decoder walks over all of the picture in `data`: once, but for a JPEG whose pixels come in several scans.

    Raises TooManySegments for more pieces than any picture needs.
    """
    if data.startswith(PNG):
        _check_chunks(data)
    elif data.startswith(JPEG):
        return _jpeg_scans(data)
    return 1


def _jpeg_scans(data: bytes) -> int:
    position, segments, stray, scans, components, progressive = 2, 0, 0, 0, 0, False
    while match := _MARKER.search(data, position):
        marker, body = match[1][0], match.end()
        if scans and marker == _END:
            break
        if not scans:
            stray += match.start() - position
        segments += 1
        if segments > MAX_SEGMENTS or stray > MAX_STRAY_BYTES:
            raise TooManySegments
        position = body
        if marker in _ALONE:
            continue
        if marker in _FRAMES:
            components, progressive = int.from_bytes(data[body + 7 : body + 8]), marker in _PROGRESSIVE
        if marker == _SCAN:
            scans += 1
            if not progressive and int.from_bytes(data[body + 2 : body + 3]) >= components:
                # All of the picture is in this scan, and a decoder reads no further.
                break
        position = body + max(2, int.from_bytes(data[body : body + 2]))
    if not scans and len(data) - position > MAX_STRAY_BYTES:
        raise TooManySegments
    return scans


def _check_chunks(data: bytes) -> None:
    position, others, pixels = len(PNG), 0, 0
    while position + 8 <= len(data):
        kind = data[position + 4 : position + 8]
        if kind in PIXEL_CHUNKS:
            pixels += 1
        else:
            others += 1
        if others > MAX_SEGMENTS or pixels > MAX_PIXEL_CHUNKS:
            raise TooManySegments
        if kind == b"IEND":
            break
        # Length, kind and check sum are twelve bytes.
        position += 12 + int.from_bytes(data[position : position + 4])
