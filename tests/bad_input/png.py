"""PNG files chunk by chunk, also such as no encoder writes."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# The colour types of the format, and how many samples a pixel of each has.
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}


def chunk(kind: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def header(width: int, height: int, depth: int = 8, colour: int = RGB, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, colour, 0, 0, interlace))


def flat(width: int, height: int, depth: int = 8, colour: int = RGB, line_filter: int = 0) -> bytes:
    """The compressed rows of a picture in one colour. A row at a time, so that a bomb costs its maker nothing."""
    row = bytes([line_filter]) + bytes((width * SAMPLES[colour] * depth + 7) // 8)
    press = zlib.compressobj(1)
    return b"".join([*(press.compress(row) for _ in range(height)), press.flush()])


def interlaced(width: int, height: int, depth: int = 8, colour: int = RGB, line_filter: int = 0) -> bytes:
    """As flat, in the seven passes of Adam7."""
    press = zlib.compressobj(1)
    parts = []
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        columns, rows = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns > 0 and rows > 0:
            row = bytes([line_filter]) + bytes((columns * SAMPLES[colour] * depth + 7) // 8)
            parts += [press.compress(row) for _ in range(rows)]
    return b"".join([*parts, press.flush()])


def file(head: bytes, data: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """`data` is what IDAT holds; `before` and `after` are chunks around it."""
    return SIGNATURE + head + before + chunk(b"IDAT", data) + after + chunk(b"IEND")
