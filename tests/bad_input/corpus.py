"""Files that do harm, or try to, each made by code: (name, bytes, statuses that are right for it)."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import jpeg
import numpy as np
import png
from PIL import Image

READ, REFUSED, EITHER = {200}, {400}, {200, 400}
TOO_LARGE = {413}
# By what it is estimated to cost, which differs by mode and route.
READ_OR_TOO_LARGE = {200, 413}

# The side of a square of 40 million pixels.
MOST = 6324

# A little less than RAGAM_MAX_UPLOAD_BYTES allows with the parts of a file around it.
NEARLY_ALL = 20_000_000

Case = tuple[str, bytes, set[int]]


def painting(image_format: str = "JPEG", size: tuple[int, int] = (320, 240), mode: str = "RGB", **options: object) -> bytes:
    """Colour fields with noise, the same each time."""
    random = np.random.default_rng(7)
    fields = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(size)
    noisy = np.asarray(fields, np.int16) + random.integers(-12, 13, (size[1], size[0], 3), dtype=np.int16)
    data = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).convert(mode).save(data, image_format, **options)
    return data.getvalue()


def polyglots() -> Iterator[Case]:
    picture, photo = painting("PNG"), painting("JPEG")
    archive = BytesIO()
    with ZipFile(archive, "w") as zipped:
        zipped.writestr("run.sh", "echo")
    html = b"<html><script>alert(1)</script></html>"
    yield "PNG and ZIP", picture + archive.getvalue(), READ
    yield "JPEG and ZIP", photo + archive.getvalue(), READ
    yield "JPEG and HTML", photo[:2] + jpeg.segment(0xFE, html) + photo[2:] + html, READ
    yield "GIF that is a JPEG behind", b"GIF89a" + photo, REFUSED
    yield "PDF that holds a JPEG", b"%PDF-1.7\n" + photo, REFUSED
    yield "PNG behind JPEG's first bytes", jpeg.START + b"\xff" + picture, REFUSED
    yield "JPEG behind PNG's signature", png.SIGNATURE + photo, REFUSED
    for image_format in ("GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO"):
        yield f"{image_format} named .jpg", painting(image_format), REFUSED
    yield "EPS, which some decoders run", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", REFUSED
    yield "SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', REFUSED


def sizes() -> Iterator[Case]:
    """Pictures that claim to be large, or nothing."""
    row = zlib.compress(bytes(1000))
    yield "PNG of 50,000 x 50,000", png.file(png.header(50_000, 50_000), row), TOO_LARGE
    yield "PNG of 2**31 - 1", png.file(png.header(2**31 - 1, 2**31 - 1), row), TOO_LARGE
    yield "JPEG of 65,500 x 65,500", jpeg.START + jpeg.quantization() + jpeg.frame(65_500, 65_500) + jpeg.scan() + jpeg.END, TOO_LARGE
    for width, height in ((0, 0), (0, 10), (10, 0)):
        yield f"PNG of {width} x {height}", png.file(png.header(width, height), row), REFUSED
        yield f"JPEG of {width} x {height}", jpeg.START + jpeg.frame(width, height) + jpeg.scan() + jpeg.END, REFUSED
    yield "PNG of more pixels than it has", png.file(png.header(MOST, MOST), row), REFUSED
    yield "PNG of fewer pixels than it has", png.file(png.header(8, 8), png.flat(2000, 2000)), READ
    yield "PNG of one row", png.file(png.header(1_000_000, 1, 8, png.GRAY), png.flat(1_000_000, 1, 8, png.GRAY)), READ
    yield "PNG of one column", png.file(png.header(1, 1_000_000, 8, png.GRAY), png.flat(1, 1_000_000, 8, png.GRAY)), READ


def scans() -> Iterator[Case]:
    """Progressive JPEGs, which are walked over once for each scan."""
    yield "the largest", jpeg.of_scans(MOST, MOST, 15), READ_OR_TOO_LARGE
    yield "the largest, with scans without end", jpeg.of_scans(MOST, MOST, 400), TOO_LARGE
    yield "a small one with scans without end", jpeg.of_scans(64, 64, 100_000), REFUSED


def metadata() -> Iterator[Case]:
    """Little on the wire and much in memory, or a million pieces."""
    head, pixels = png.header(8, 8), png.flat(8, 8)
    zeros = zlib.compress(bytes(100_000_000), 9)
    for kind, body in ((b"zTXt", b"k\0\0" + zeros), (b"iTXt", b"k\0\1\0\0\0" + zeros), (b"iCCP", b"k\0\0" + zeros)):
        yield f"a zlib bomb in {kind.decode()}", png.file(head, pixels, before=png.chunk(kind, body)), EITHER
        some = zlib.compress(bytes(900_000), 9)
        small = png.chunk(kind, body[: len(body) - len(zeros)] + some)
        yield f"490 of the most that {kind.decode()} may hold", png.file(head, pixels, before=small * 490), EITHER
        yield f"thousands of them in {kind.decode()}", png.file(head, pixels, before=small * (NEARLY_ALL // len(small))), REFUSED
    yield "a bomb for pixels", png.file(head, zeros), READ
    yield "a million empty chunks", png.file(head, pixels, before=png.chunk(b"teXt") * 1_000_000), REFUSED
    yield "a million empty chunks of pixels", png.file(head, pixels, before=png.chunk(b"IDAT") * 1_000_000), REFUSED
    yield "as many pieces of pixels as may be", png.file(head, pixels, after=png.chunk(b"IDAT") * 49_000), EITHER
    yield "a huge eXIf", png.file(head, pixels, before=png.chunk(b"eXIf", tiff_bomb(NEARLY_ALL))), EITHER
    photo = painting()
    for name, data in (
        ("a million comments", jpeg.segment(0xFE) * 1_000_000),
        ("five million fill bytes", b"\xff" * 5_000_000),
        ("five million zeros", bytes(5_000_000)),
        ("full segments of Exif", jpeg.app(1, b"Exif\0\0".ljust(65_533, b"\0")) * 304),
        ("a profile in 255 segments", b"".join(jpeg.app(2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(65_000)) for n in range(1, 256))),
        ("an Exif that names the same bytes over and over", jpeg.app(1, b"Exif\0\0" + tiff_bomb(65_000))),
        ("an Exif that names itself", jpeg.app(1, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\1" + struct.pack(">HHLL", 0x8769, 4, 1, 8) + bytes(4))),
    ):
        yield f"a JPEG with {name}", photo[:2] + data + photo[2:], EITHER


def tiff_bomb(size: int) -> bytes:
    """An Exif block of `size` bytes whose entries all say that they are all of it."""
    count = min(5000, size // 12 - 10)
    entries = b"".join(struct.pack(">HHLL", tag, 7, size - 8, 8) for tag in range(1, count + 1))
    return (b"MM\0\x2a\0\0\0\x08" + struct.pack(">H", count) + entries).ljust(size, b"\0")


def oddities() -> Iterator[Case]:
    """Rare, and mostly right."""
    frames = [Image.new("RGB", (64, 64), (number, 0, 0)) for number in range(200)]
    data = BytesIO()
    frames[0].save(data, "MPO", save_all=True, append_images=frames[1:])
    yield "an MPO of 200 frames", data.getvalue(), READ
    data = BytesIO()
    frames[0].save(data, "PNG", save_all=True, append_images=frames[1:], duration=1)
    yield "an animated PNG of 200 frames", data.getvalue(), READ
    frames_that_are_not_there = png.chunk(b"acTL", struct.pack(">2I", 2**31 - 1, 0))
    yield "an animated PNG that lies", png.file(png.header(8, 8), png.flat(8, 8), before=frames_that_are_not_there), EITHER
    photo = painting(size=(64, 48))
    yield "no Huffman table, for which decoders have one of their own", photo.replace(b"\xff\xc4", b"\xff\xfe"), EITHER
    yield "a broken Huffman table", photo.replace(b"\xff\xc4\0", b"\xff\xc4\0" + b"\xff" * 20), REFUSED
    yield "no quantization table", photo.replace(b"\xff\xdb", b"\xff\xfe"), REFUSED
    yield "CMYK that says it is YCCK", painting(mode="CMYK").replace(b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2"), EITHER
    yield "twelve bits", jpeg.START + jpeg.frame(64, 64).replace(b"\x08\0\x40", b"\x0c\0\x40") + jpeg.scan() + jpeg.END, REFUSED
    for components in (2, 255):
        start = jpeg.START + jpeg.quantization() + jpeg.frame(64, 64, components=components)
        yield f"{components} components", start + jpeg.scan(min(components, 4)) + jpeg.END, EITHER
    for depth, colour in ((1, 0), (16, 0), (8, 2), (8, 4), (16, 6)):
        data = png.interlaced(9, 7, depth, colour)
        yield f"colour {colour}, {depth} bits, interlaced", png.file(png.header(9, 7, depth, colour, 1), data), READ
    for depth, colour in ((3, 0), (16, 3), (8, 7), (0, 0)):
        yield f"colour {colour} of {depth} bits, which there is not", png.file(png.header(9, 7, depth, colour), bytes(99)), REFUSED
    for length in (0, 1, 5, 1000):
        for colour in (png.GRAY, png.RGB, png.PALETTE, png.RGBA):
            before = (png.chunk(b"PLTE", bytes(range(30))) if colour == png.PALETTE else b"") + png.chunk(b"tRNS", b"\x01" * length)
            yield (
                f"tRNS of {length} bytes, colour {colour}",
                png.file(png.header(9, 7, 8, colour), png.flat(9, 7, 8, colour), before=before),
                EITHER,
            )
    head, pixels = png.header(9, 7, 8, png.PALETTE), png.flat(9, 7, 8, png.PALETTE)
    yield "a palette of nothing", png.file(head, pixels, before=png.chunk(b"PLTE")), EITHER
    yield "no palette", png.file(head, pixels), EITHER
    yield "a wrong check sum", png.SIGNATURE + png.chunk(b"IHDR", bytes(13), crc=0), REFUSED
    yield "a chunk of 4 GB", png.SIGNATURE + png.header(9, 7) + struct.pack(">I", 2**32 - 1) + b"IDAT", REFUSED
    yield "two headers", png.SIGNATURE + png.header(9, 7) * 2 + png.chunk(b"IDAT", png.flat(9, 7)) + png.chunk(b"IEND"), EITHER
