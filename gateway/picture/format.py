"""What the pieces of a JPEG or PNG tell before a decoder works through them one by one: how it is stored, how it is turned.

A file of a few megabytes can hold a million empty pieces, or have every block of a picture walked over thousands of times. And most of
what it may hold besides the pixels a decoder reads, inflates and keeps for nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from gateway.errors import TooManySegments

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

# 20 MB of metadata in full segments are 320, and no encoder writes more than one profile.
MAX_SEGMENTS = 500

# What may lie between the segments of a JPEG, which Pillow skips byte by byte.
MAX_STRAY_BYTES = 65_536

# The chunks of a PNG that hold pixels, of which encoders write one for every 8 to 64 kB.
PIXEL_CHUNKS = (b"IDAT", b"fdAT", b"fcTL")
MAX_PIXEL_CHUNKS = 50_000

# What of a PNG a decoder is given, beside one colour profile.
_NEEDED_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_PROFILE = b"iCCP"
# By colour type.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WITH_ALPHA = 4

# A byte stuffed into the pixels (00), a restart (D0 to D7) and a fill byte (FF) begin no segment.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_ALONE = {0x01, 0xD8, 0xD9}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_ARITHMETIC = {0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_END, _SCAN = 0xD9, 0xDA

# Exif and XMP, more than JFIF's thumbnails, Photoshop's resources, comments. Of the others APP2 has the colour profile, and APP0 and APP14
# tell which colours the pixels are.
_NEEDLESS = {0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE}
_APP1, _APP2, _PROFILE_SEGMENT = 0xE1, 0xE2, b"ICC_PROFILE\0"


UPRIGHT = 1

# EXIF's orientations. 2 to 8 are the turned and mirrored ones, see gateway/picture/decode.py.
_LAST = 8
_TAG, _SHORT = 0x0112, 3

# What begins an EXIF block in a JPEG, before the TIFF structure that is all of a PNG's eXIf.
EXIF = b"Exif\0\0"

# The entries of the first directory; cameras write about 20.
_MAX_ENTRIES = 200


@dataclass
class Layout:
    """How a file is stored. `needless` are the bytes, (start, end), that a decoder need not see."""

    orientation: int = UPRIGHT
    needless: list[tuple[int, int]] = field(default_factory=list)
    # Of a PNG.
    depth: int = 8
    samples: int = 3
    interlaced: bool = False
    transparent: bool = False
    # Of a JPEG: by the number of each component how many blocks it has each way in a unit of the picture, and the components of each scan.
    components: dict[int, tuple[int, int]] = field(default_factory=dict)
    scans: list[tuple[int, ...]] = field(default_factory=list)
    arithmetic: bool = False
    progressive: bool = False

    @property
    def buffered(self) -> bool:
        """Whether a decoder keeps all of a JPEG's coefficients, as it does unless the first scan has everything."""
        return self.progressive or bool(self.scans and len(self.scans[0]) < len(self.components))

    def needed(self, size: int) -> Iterator[tuple[int, int]]:
        """The other bytes of a file of `size` bytes, (start, end)."""
        position = 0
        for start, end in self.needless:
            if position < start:
                yield position, start
            position = end
        if position < size:
            yield position, size


def read_layout(data: bytes | memoryview) -> Layout:
    """The layout of the JPEG or PNG in `data`, or one that means nothing where it is neither.

    Raises TooManySegments for more pieces than any picture needs.
    """
    if data[: len(PNG)] == PNG:
        return _png(data)
    if data[: len(JPEG)] == JPEG:
        return _jpeg(data)
    return Layout()


def _jpeg(data: bytes | memoryview) -> Layout:
    layout = Layout()
    position, segments, stray = 2, 0, 0
    while match := _MARKER.search(data, position):
        marker, body = match[1][0], match.end()
        if layout.scans and marker == _END:
            break
        if not layout.scans:
            stray += match.start() - position
        segments += 1
        if segments > MAX_SEGMENTS or stray > MAX_STRAY_BYTES:
            raise TooManySegments
        position = body
        if marker in _ALONE:
            continue
        position = body + max(2, _number(data, body, 2))
        if marker == _SCAN:
            count = _number(data, body + 2, 1)
            layout.scans.append(tuple(data[body + 3 : body + 3 + 2 * count : 2]))
            if not layout.buffered:
                # All of the picture is in this scan, and a decoder reads no further.
                break
        else:
            _read_segment(layout, marker, data, body, position)
    if not layout.scans and len(data) - position > MAX_STRAY_BYTES:
        raise TooManySegments
    return layout


def _read_segment(layout: Layout, marker: int, data: bytes | memoryview, body: int, end: int) -> None:
    if marker in _FRAMES:
        _read_frame(layout, marker, bytes(data[body:end]))
    elif not layout.scans and (marker in _NEEDLESS or (marker == _APP2 and data[body + 2 : body + 14] != _PROFILE_SEGMENT)):
        layout.needless.append((body - 2, min(end, len(data))))
        if marker == _APP1 and data[body + 2 : body + 8] == EXIF and layout.orientation == UPRIGHT:
            layout.orientation = read_orientation(bytes(data[body + 8 : end]))


def _read_frame(layout: Layout, marker: int, body: bytes) -> None:
    layout.progressive |= marker in _PROGRESSIVE
    layout.arithmetic |= marker in _ARITHMETIC
    layout.components = {body[at]: (body[at + 1] >> 4, body[at + 1] & 15) for at in range(8, len(body) - 2, 3)}


def _png(data: bytes | memoryview) -> Layout:
    layout = Layout()
    position, others, pixels = len(PNG), 0, 0
    has_pixels = has_profile = False
    while position + 8 <= len(data):
        kind = bytes(data[position + 4 : position + 8])
        body = position + 8
        # Length, kind and check sum are twelve bytes.
        end = position + 12 + _number(data, position, 4)
        if kind in PIXEL_CHUNKS:
            pixels += 1
        else:
            others += 1
        if others > MAX_SEGMENTS or pixels > MAX_PIXEL_CHUNKS:
            raise TooManySegments
        if kind == b"IHDR" and not has_pixels:
            # Of several the last counts, as with Pillow.
            layout.depth = _number(data, body + 8, 1)
            layout.samples = _SAMPLES.get(_number(data, body + 9, 1), 4)
            layout.transparent |= _number(data, body + 9, 1) >= _WITH_ALPHA
            layout.interlaced |= _number(data, body + 12, 1) > 0
        elif kind == b"tRNS":
            layout.transparent = True
        elif kind == b"eXIf" and layout.orientation == UPRIGHT:
            layout.orientation = read_orientation(bytes(data[body : end - 4]))
        # What is no kind of chunk at all is left for the decoder to refuse.
        if kind not in _NEEDED_CHUNKS and (kind != _PROFILE or has_profile) and kind.isalpha():
            layout.needless.append((position, min(end, len(data))))
        has_profile |= kind == _PROFILE
        has_pixels |= kind == b"IDAT"
        if kind == b"IEND":
            break
        position = end
    return layout


def _number(data: bytes | memoryview, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size])


def read_orientation(tiff: bytes) -> int:
    """The orientation, 1 to 8, that the TIFF structure of an EXIF block tells; UPRIGHT where it tells none that can be read.

    Nothing else of the EXIF is read: a reader of all tags warns of damaged ones in plain text, and fails on some.
    """
    if tiff[:4] not in (b"II*\0", b"MM\0*"):
        return UPRIGHT
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"

    def number(start: int, size: int) -> int:
        # Bytes beyond the end are read as none, and make 0.
        return int.from_bytes(tiff[start : start + size], order)

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), _MAX_ENTRIES)):
        start = directory + 2 + 12 * entry
        if number(start, 2) == _TAG:
            value = number(start + 8, 2)
            is_one = number(start + 2, 2) == _SHORT and number(start + 4, 4) == 1
            return value if is_one and UPRIGHT <= value <= _LAST else UPRIGHT
    return UPRIGHT
