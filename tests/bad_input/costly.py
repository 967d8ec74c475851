"""Pictures below 1 MB that take as long, or as much memory, as their format, mode and shape can: (name, bytes)."""

import struct
from collections.abc import Iterator

import jpeg
import png

from benchmarks.hostile.pictures import png as of_one_colour

# 40 million pixels as a square, and strips each way.
SQUARE = (6324, 6324)
STRIPS = [(223, 179_000), (8, 1_000_000), (1_000_000, 20), (4_000_000, 1)]
TURNED = b"II*\0" + struct.pack("<LHHHLLL", 8, 1, 0x0112, 3, 1, 6, 0)

# How often each component is sampled, across and down.
SAMPLINGS = [("4:4:4", [0x11] * 3), ("odd", [0x11, 0x41, 0x14]), ("CMYK", [0x11] * 4)]


def pngs() -> Iterator[tuple[str, bytes]]:
    for colour, depth in ((png.GRAY, 1), (png.GRAY, 16), (png.RGB, 8), (png.RGB, 16), (png.GRAY_ALPHA, 8), (png.RGBA, 8)):
        yield f"PNG, colour {colour}, {depth} bits", of_one_colour(SQUARE, colour, depth)
    for size in STRIPS:
        yield f"PNG, 1 bit, {size}", of_one_colour(size, png.GRAY, 1)
        yield f"PNG, RGBA, {size}", of_one_colour(size, png.RGBA)
    for name, size, colour, before in (
        ("turned", (223, 179_000), png.RGB, png.chunk(b"eXIf", TURNED)),
        ("palette with transparency", SQUARE, png.PALETTE, png.chunk(b"tRNS", bytes(range(256)))),
    ):
        data = of_one_colour(size, colour)
        pixels = data.index(b"IDAT") - 4
        yield f"PNG, {name}", data[:pixels] + before + data[pixels:]
    yield "PNG, RGB, interlaced", of_one_colour(SQUARE, png.RGB, interlaced=True)


def jpegs() -> Iterator[tuple[str, bytes]]:
    tables = jpeg.quantization() + jpeg.huffman(0, 0) + jpeg.huffman(1, 0xE0)
    for name, sampling in SAMPLINGS:
        count = len(sampling)
        start = jpeg.START + (jpeg.app(14, b"Adobe\0d\0\0\0\0\2") if count == 4 else b"") + tables
        for width, height in (SQUARE, (610, 65_500)):
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
