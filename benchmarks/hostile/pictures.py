"""Small files that take a decoder as long, or as much memory, as 40 million pixels can: squares, and strips each way."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

SQUARE = (8000, 5000)
STRIPS = ((1, 40_000_000), (40_000_000, 1), (8, 5_000_000), (5_000_000, 8), (223, 179_000), (179_000, 223))


def png(size: tuple[int, int], colour: int, depth: int = 8, *, interlaced: bool = False) -> bytes:
    """Of one colour; the filter is the one that takes longest."""
    width, height = size
    press = zlib.compressobj(6)
    pieces = []
    for x, y, dx, dy in PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns < 1 or rows < 1:
            continue
        row = b"\4" + b"\x55" * ((columns * SAMPLES[colour] * depth + 7) // 8)
        many = max(1, 1_000_000 // len(row))
        pieces += [press.compress(row * many) for _ in range(rows // many)] + [press.compress(row * (rows % many))]
    palette = _chunk(b"PLTE", bytes(768)) if colour == PALETTE else b""
    head = _chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, colour, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + head + palette + _chunk(b"IDAT", b"".join([*pieces, press.flush()])) + _chunk(b"IEND", b"")


def jpeg(size: tuple[int, int], mode: str, *, progressive: bool = False, turned: bool = False) -> bytes:
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 5
    buffer = BytesIO()
    Image.new(mode, size, 90).save(buffer, "JPEG", quality=75, subsampling=0, progressive=progressive, exif=exif)
    return buffer.getvalue()


def with_damaged_exif(picture: bytes, tags: int, value: int) -> bytes:
    """The JPEG with so many tags whose values, of `value` bytes each, lie behind the end of the file."""
    entries = b"".join(struct.pack("<HHLL", tag if tag != 0x0112 else 0xFFFF, 7, 0x7FFFFF00, value) for tag in range(tags))
    tiff = b"II*\0" + struct.pack("<LH", 8, tags) + entries + bytes(4)
    segments = b""
    for at in range(0, len(tiff), 65_000):
        body = b"Exif\0\0" + tiff[at : at + 65_000]
        segments += b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return picture[:2] + segments + picture[2:]


def costly() -> Iterator[tuple[str, bytes]]:
    """Each colour mode as a square, and strips of the cheapest and the costliest; both formats: (name, file)."""
    for colour, depth in ((GRAY, 1), (GRAY, 8), (GRAY, 16), (RGB, 8), (RGB, 16), (PALETTE, 8), (GRAY_ALPHA, 8), (RGBA, 8), (RGBA, 16)):
        yield f"PNG {colour}/{depth}", png(SQUARE, colour, depth)
    yield "PNG 6/8 interlaced", png(SQUARE, RGBA, interlaced=True)
    for size in STRIPS:
        yield f"PNG 0/1 {size[0]} x {size[1]}", png(size, GRAY, 1)
        yield f"PNG 6/8 {size[0]} x {size[1]}", png(size, RGBA)
    for mode in ("L", "RGB", "CMYK"):
        for size in ((610, 65_500), (65_500, 610), (6324, 6324)):
            for progressive in (False, True):
                name = f"JPEG {mode} {size[0]} x {size[1]}{' progressive' if progressive else ''}"
                yield name, jpeg(size, mode, progressive=progressive, turned=size[0] < size[1])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
