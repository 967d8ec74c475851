"""What a file is that is neither JPEG nor PNG, by its first bytes: a name for people, and what they can do about it.

Asked only of what the gateway refuses, so that the answer can say more than that.
"""

from dataclasses import dataclass

from gateway.errors import UnsupportedFormat
from gateway.picture.format import JPEG, PNG

# The first box of an ISO media file (HEIF, AVIF, videos) is read as far as this, and a web page is looked for so far.
HEAD_BYTES = 256

SAVE = "Save it as JPEG or PNG and send that."


@dataclass(frozen=True)
class Named:
    """`name` with its article, and in `remedy` a sentence on what to do."""

    name: str
    remedy: str = SAVE


HEIC = Named("a HEIC picture", "Set the phone's camera to Most Compatible, or save the picture as JPEG, and send that.")
HEIF, AVIF, RAW = Named("a HEIF picture"), Named("an AVIF picture"), Named("a camera's raw picture")
VIDEO = Named("a video", "Save a still of it as JPEG or PNG and send that.")
GIF, BMP, WEBP, TIFF = Named("a GIF picture"), Named("a BMP picture"), Named("a WebP picture"), Named("a TIFF picture")
JPEG_XL, JPEG_2000 = Named("a JPEG XL picture"), Named("a JPEG 2000 picture")
BASE64 = Named("a picture written as base64 text", "Send the bytes of the picture itself.")
WEB_PAGE, DRAWING = Named("a web page", "Send the picture that the page shows."), Named("an SVG drawing")

# What the bytes begin with; the longer before the shorter.
_STARTS = (
    (b"II*\0\x10\0\0\0CR", RAW),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"IIU\0", RAW),
    (b"IIRO", RAW),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\xff\x0a", JPEG_XL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JPEG_XL),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
    (b"%PDF-", Named("a PDF document", "Save the picture in it as JPEG or PNG and send that.")),
    (b"8BPS", Named("a Photoshop document")),
    (b"\0\0\1\0", Named("an icon")),
    (b"%!PS", Named("a PostScript document")),
    (b"II\xbc\1", Named("a JPEG XR picture")),
    (b"PK\3\4", Named("a ZIP archive", "Unpack it and send the pictures in it.")),
    (b"\x1a\x45\xdf\xa3", VIDEO),
    (b"data:image/", BASE64),
    (b"/9j/", BASE64),
    (b"iVBORw0KGgo", BASE64),
)
# The length of a bitmap's second header, of which each tells a version.
_BITMAP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}

# Brands of an ISO media file, in the order in which they decide, and those that say no more than that it is a HEIF.
_BRANDS = (
    ({b"avif", b"avis"}, AVIF),
    ({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}, HEIC),
    ({b"crx "}, RAW),
)
_GENERIC = {b"mif1", b"msf1", b"mif2", b"heif"}


def extension_of(data: bytes | memoryview) -> str:
    """The extension that a JPEG or PNG should have, empty for anything else."""
    return ".jpg" if data[: len(JPEG)] == JPEG else ".png" if data[: len(PNG)] == PNG else ""


def unsupported(data: bytes | memoryview) -> UnsupportedFormat | None:
    """The error for `data`, None where it is nothing that is known here."""
    found = named(data)
    return None if found is None else UnsupportedFormat(found.name, found.remedy)


def named(data: bytes | memoryview) -> Named | None:
    """What `data` is, None where it is nothing that is known here."""
    head = bytes(data[:HEAD_BYTES])
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"RIFF":
        return WEBP if head[8:12] == b"WEBP" else VIDEO if head[8:12] == b"AVI " else None
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return BMP
    return next((found for start, found in _STARTS if head.startswith(start)), None) or _markup(head)


def _iso_media(head: bytes) -> Named:
    """By the file's own brand, and where that is generic by those that it says it is compatible with."""
    own = head[8:12]
    brands = {own}
    if own in _GENERIC:
        size = min(int.from_bytes(head[:4]), len(head))
        brands.update(head[place : place + 4] for place in range(16, size - 3, 4))
    return next((found for known, found in _BRANDS if known & brands), HEIF if own in _GENERIC else VIDEO)


def _markup(head: bytes) -> Named | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return WEB_PAGE
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--")) and b"<svg" in text):
        return DRAWING
    return None
