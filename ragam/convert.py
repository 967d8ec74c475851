"""What of a picture file is sent: the file itself, or where the service would not take it a JPEG made of it.

A JPEG or PNG goes as it is. Other formats, and what is too large, become upright sRGB of at most LONG_SIDE pixels. That needs Pillow, and
for HEIC pillow-heif, which `pip install 'ragam[pictures]'` brings. Without them the file goes as it is, and the service says what is wrong.
"""

import importlib
import math
import struct
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ragam.errors import RagamError
from ragam.files import SENT, require_regular

if TYPE_CHECKING:
    from PIL.Image import Image

LONG_SIDE, QUALITY = 2048, 92
# The service's own limit, where its operator has set no other. What is larger is not sent to be refused.
MAX_BYTES = 20 * 1024 * 1024
# 2 GB of memory. A JPEG of more can be decoded at a smaller scale.
MAX_PIXELS = 500_000_000

INSTALL = "pip install 'ragam[pictures]' lets this command convert it."

# By what a file begins with, the extension that it is sent under.
_SENT_AS_IT_IS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}
# What is tried. No PDF and no EPS, which are programs.
_FORMATS = ("JPEG", "MPO", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "JPEG2000", "JXL")
# Tags of EXIF and TIFF.
_ORIENTATION, _BITS, _MEANING, _PLANES = 0x0112, 258, 262, 284


@dataclass(frozen=True)
class Upload:
    """`file` under the name `name`, or `data` in its place."""

    file: Path
    name: str
    data: bytes | None = None


def upload_of(file: Path, *, reduce: bool = False) -> Upload:
    """What to send of `file`, `reduce`d where the service has refused the file itself as too large.

    Raises OSError where it cannot be read, and RagamError where it cannot be converted.
    """
    size = require_regular(file)
    with file.open("rb") as stream:
        head = stream.read(16)
    right = next((extension for start, extension in _SENT_AS_IT_IS.items() if head.startswith(start)), None)
    if right and not reduce and size <= MAX_BYTES:
        return Upload(file, file.name if file.name.lower().endswith(SENT) else file.name + right)
    data = _converted(file)
    # Where nothing can be made of it the service tells what it is.
    return Upload(file, file.name) if data is None else Upload(file, file.name + ".jpg", data)


def can_convert() -> bool:
    return _pillow() is not None


def _pillow() -> ModuleType | None:
    """PIL.Image with all formats that are installed, None where Pillow is not."""
    try:
        from PIL import Image
    except ImportError:
        return None
    # Pillow's own limit is one for the process and below what museums and phones have; MAX_PIXELS is looked at in its place.
    Image.MAX_IMAGE_PIXELS = None
    # What it forgives in a file it tells in plain text.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    with suppress(ImportError):
        importlib.import_module("pillow_heif").register_heif_opener()
    with suppress(ImportError):
        importlib.import_module("pillow_jxl")
    return Image


def _converted(file: Path) -> bytes | None:
    """A JPEG of `file`, None where it is no picture that is known here. Raises RagamError where it is damaged or too large."""
    image = _pillow()
    if image is None:
        return None
    image.init()
    try:
        picture = image.open(file, formats=[name for name in _FORMATS if name in image.OPEN])
    except image.UnidentifiedImageError:
        return None
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        raise _damaged(error) from error
    with picture:
        try:
            _load(picture)
            data = BytesIO()
            _plain(picture).save(data, "JPEG", quality=QUALITY, subsampling=0)
        except Exception as error:  # as above, for the body
            raise _damaged(error) from error
    return data.getvalue()


def _load(picture: "Image") -> None:
    # Of a JPEG the smallest scale that still has as many pixels; other formats know none.
    picture.draft(picture.mode, (LONG_SIDE, LONG_SIDE))
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise MemoryError
    if picture.format == "TIFF":
        tags = picture.getexif()
        bits = tags.get(_BITS, 8)
        is_deep = max(bits) > 8 if isinstance(bits, tuple) else bits > 8
        if is_deep and (tags.get(_PLANES) == 2 or tags.get(_MEANING) == 0):
            # Pillow would take half of the rows for all, or show a negative.
            raise ValueError("planes, or white as 0, of more than 8 bits")
    picture.load()


def _damaged(error: Exception) -> RagamError:
    if isinstance(error, MemoryError):
        return RagamError("The picture is too large to be reduced here. Reduce it first.")
    return RagamError("The picture cannot be converted. It may be damaged, cut short or of a kind that Pillow does not read.")


def _plain(picture: "Image") -> "Image":
    """`picture` reduced, upright, sRGB, on white."""
    turn = _turn(picture)
    profile = picture.info.get("icc_profile")
    reduced = _with_even_colours(_of_8_bits(picture))
    reduced.thumbnail((LONG_SIDE, LONG_SIDE))
    alpha = reduced.getchannel("A") if reduced.mode in ("RGBA", "LA") else None
    rgb = _to_srgb(reduced.convert(reduced.mode.removesuffix("A")) if alpha else reduced, profile)
    if alpha:
        paper = rgb.copy()
        paper.paste("white", (0, 0, *paper.size))
        paper.paste(rgb, mask=alpha)
        rgb = paper
    rgb.info.clear()
    return rgb if turn is None else rgb.transpose(turn)


def _turn(picture: "Image") -> Any:
    """Pillow's way to make `picture` upright, None where it is, or where its EXIF cannot be read."""
    from PIL.Image import Transpose

    ways = (
        Transpose.FLIP_LEFT_RIGHT,
        Transpose.ROTATE_180,
        Transpose.FLIP_TOP_BOTTOM,
        Transpose.TRANSPOSE,
        Transpose.ROTATE_270,
        Transpose.TRANSVERSE,
        Transpose.ROTATE_90,
    )
    orientation = None
    with suppress(OSError, ValueError, SyntaxError, TypeError, LookupError, OverflowError, struct.error):
        orientation = picture.getexif().get(_ORIENTATION)
    return ways[orientation - 2] if isinstance(orientation, int) and 2 <= orientation <= 8 else None


def _of_8_bits(picture: "Image") -> "Image":
    if not picture.mode.startswith(("I", "F")):
        return picture
    if picture.mode not in ("I", "F"):
        return _scaled(picture.convert("I"), 256)
    _, most = picture.getextrema()
    if not isinstance(most, int | float) or not math.isfinite(most):
        return picture.convert("L")
    # Of the numbers that a scan may count to, the first that is enough: 1.0, 8 bits, 16 bits, or the brightest.
    top = next((top for top in ((1, 255, 65535) if picture.mode == "F" else (255, 65535)) if most <= top), most)
    return _scaled(picture, 256 if top == 65535 else top / 255)


def _scaled(picture: "Image", divisor: float) -> "Image":
    picture.info.pop("transparency", None)
    return picture.point(lambda value: value * (1 / divisor) + 0).convert("L")


def _with_even_colours(picture: "Image") -> "Image":
    """`picture` in a mode whose colours can be mixed: no palette, no single bits."""
    if picture.has_transparency_data:
        return picture if picture.mode in ("RGBA", "LA") else picture.convert("RGBA")
    return (
        picture.convert("RGB" if picture.mode in ("P", "YCbCr", "HSV") else "L") if picture.mode in ("P", "1", "YCbCr", "HSV") else picture
    )


def _to_srgb(picture: "Image", profile: bytes | None) -> "Image":
    """By `profile`, or where there is none, or none that can be used, as Pillow converts."""
    from PIL import ImageCms

    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        if profile:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
        elif picture.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            return picture.convert("RGB")
        # Relative colorimetric and no more, as browsers show it. Optimized, gray is some levels off in the dark.
        converted = ImageCms.profileToProfile(
            picture.convert("RGB") if source.profile.xcolor_space.strip() == "RGB" else picture,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.NOOPTIMIZE if picture.mode == "L" else ImageCms.Flags.NONE,
        )
        if converted is not None:
            return converted
    return picture.convert("RGB")
