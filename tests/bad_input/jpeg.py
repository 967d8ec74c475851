"""JPEG files segment by segment, also such as no encoder writes."""

import struct

START, END = b"\xff\xd8", b"\xff\xd9"
BASELINE, PROGRESSIVE = 0xC0, 0xC2


def segment(marker: int, body: bytes = b"") -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def frame(width: int, height: int, kind: int = BASELINE, components: int = 3, sampling: int = 0x11) -> bytes:
    planes = b"".join(bytes([number + 1, sampling if number == 0 else 0x11, 0]) for number in range(components))
    return segment(kind, struct.pack(">BHHB", 8, height, width, components) + planes)


def quantization() -> bytes:
    return segment(0xDB, b"\0" + bytes([1]) * 64)


def huffman(kind: int, symbol: int) -> bytes:
    """A table, DC (0) or AC (1), of one symbol, which is the bit 0."""
    return segment(0xC4, bytes([kind << 4, 1]) + bytes(15) + bytes([symbol]))


def scan(components: int = 3, first: int = 0, last: int = 63, approximation: int = 0, *, body: bytes = b"", component: int = 1) -> bytes:
    """`components` at once, or the one named `component`. Without `body` a decoder takes every block for empty."""
    names = range(1, components + 1) if components > 1 else [component]
    selectors = b"".join(bytes([name, 0]) for name in names)
    return segment(0xDA, bytes([components]) + selectors + bytes([first, last, approximation])) + body


def of_scans(width: int, height: int, count: int, body: bytes = b"") -> bytes:
    """A progressive picture in one colour whose coefficients come in `count` scans: each is a walk over all its blocks."""
    tables = quantization() + huffman(0, 0) + huffman(1, 0xE0)
    scans = b"".join(scan(1, 1, 63, component=number % 3 + 1, body=body) for number in range(count))
    return START + tables + frame(width, height, PROGRESSIVE) + scan(3, 0, 0) + scans + END


def app(number: int, body: bytes) -> bytes:
    return segment(0xE0 + number, body)
