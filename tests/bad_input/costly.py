"""Pictures below 1 MB that take as long, or as much memory, as their format, mode and shape can: (name, bytes)."""

import struct
import zlib
from collections.abc import Iterator

import jpeg
import png

# 40 million pixels as a square, and strips each way.
SQUARE = (6324, 6324)
PNG_SHAPES = [SQUARE, (223, 179_000), (8, 1_000_000), (1_000_000, 20), (4_000_000, 1)]
JPEG_SHAPES = [SQUARE, (610, 65_500)]

TURNED = b"II*\0" + struct.pack("<LHHHLLL", 8, 1, 0x0112, 3, 1, 6, 0)

# Name, bits, colour type, chunks before the pixels.
KINDS = [
    ("1 bit", 1, png.GRAY, b""),
    ("16-bit gray", 16, png.GRAY, b""),
    ("RGB", 8, png.RGB, b""),
    ("16-bit RGB", 16, png.RGB, b""),
    ("palette with transparency", 8, png.PALETTE, png.chunk(b"PLTE", bytes(768)) + png.chunk(b"tRNS", bytes(range(256)))),
    ("gray and alpha", 8, png.GRAY_ALPHA, b""),
    ("RGBA", 8, png.RGBA, b""),
    ("16-bit RGBA", 16, png.RGBA, b""),
]

# How often each component is sampled, across and down.
SAMPLINGS = [("4:4:4", [0x11] * 3), ("odd", [0x11, 0x41, 0x14]), ("CMYK", [0x11] * 4)]


def rows(width: int, height: int, depth: int, colour: int) -> bytes:
    """Of one colour, by the filter that takes longest. Many at a time, as there may be millions."""
    row = b"\4" + b"\x55" * ((width * png.SAMPLES[colour] * depth + 7) // 8)
    press = zlib.compressobj(9)
    many = max(1, 1_000_000 // len(row))
    whole, rest = divmod(height, many)
    return b"".join([*(press.compress(row * many) for _ in range(whole)), press.compress(row * rest), press.flush()])


def pngs() -> Iterator[tuple[str, bytes]]:
    for name, depth, colour, before in KINDS:
        shapes = PNG_SHAPES if name in ("1 bit", "RGBA") else [SQUARE]
        for width, height in shapes:
            head = png.header(width, height, depth, colour)
            data = rows(width, height, depth, colour)
            yield f"PNG, {name}, {width} x {height}", png.file(head, data, before=before)
    turned = png.file(png.header(223, 179_000), rows(223, 179_000, 8, png.RGB), before=png.chunk(b"eXIf", TURNED))
    yield "PNG, RGB, turned", turned
    data = png.interlaced(*SQUARE, 8, png.RGB, line_filter=4)
    yield "PNG, RGB, interlaced", png.file(png.header(*SQUARE, interlace=1), data)


def jpegs() -> Iterator[tuple[str, bytes]]:
    tables = jpeg.quantization() + jpeg.huffman(0, 0) + jpeg.huffman(1, 0xE0)
    for name, sampling in SAMPLINGS:
        count = len(sampling)
        start = jpeg.START + (jpeg.app(14, b"Adobe\0d\0\0\0\0\2") if count == 4 else b"") + tables
        for width, height in JPEG_SHAPES:
            baseline, progressive = (frame(width, height, kind, sampling) for kind in (jpeg.BASELINE, jpeg.PROGRESSIVE))
            told = f"{name}, {width} x {height}"
            yield f"JPEG, {told}", start + baseline + jpeg.scan(count, body=b"\x55" * 400_000) + jpeg.END
            apart = b"".join(jpeg.scan(1, component=number + 1, body=b"\x55" * 200_000) for number in range(count))
            yield f"JPEG, a component a scan, {told}", start + baseline + apart + jpeg.END
            refining = jpeg.scan(count, 0, 0, 0x10, body=b"\xa5" * 90_000) * 10
            yield f"JPEG, ten refining scans, {told}", start + progressive + jpeg.scan(count, 0, 0) + refining + jpeg.END
    turned = jpeg.app(1, b"Exif\0\0" + TURNED)
    yield "JPEG, turned", jpeg.START + turned + tables + frame(610, 65_500, jpeg.BASELINE, [0x11] * 3) + jpeg.scan() + jpeg.END
    arithmetic = jpeg.START + tables + frame(610, 65_500, 0xC9, [0x11] * 3) + jpeg.scan(body=b"\x55\xaa" * 200_000) + jpeg.END
    yield "JPEG, arithmetic", arithmetic


def frame(width: int, height: int, kind: int, sampling: list[int]) -> bytes:
    planes = b"".join(bytes([number + 1, across_down, 0]) for number, across_down in enumerate(sampling))
    return jpeg.segment(kind, struct.pack(">BHHB", 8, height, width, len(sampling)) + planes)
