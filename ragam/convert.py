"""Pictures that the service does not take become a JPEG: upright, sRGB, of at most LONG_SIDE pixels. Pillow's own become a PNG.

That needs Pillow, and for HEIC pillow-heif: the extra `pictures`.
"""

import importlib
import math
import warnings
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ragam.errors import PictureRefused, PictureTooLarge

if TYPE_CHECKING:
    from PIL.Image import Image

LONG_SIDE, QUALITY = 2048, 92
TOO_LARGE = "The picture is too large to be reduced here. Reduce it first."
DAMAGED = "The picture cannot be converted. It may be damaged, cut short or of a kind that Pillow does not read."
# 2 GB of memory. A JPEG of more can be decoded at a smaller scale.
MAX_PIXELS = 500_000_000
# Of a PNG that is as large as the picture: about what the service takes in bytes.
PNG_PIXELS = 16_000_000
# What is tried. No PDF and no EPS, which are programs.
_FORMATS = ("JPEG", "MPO", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "JPEG2000", "JXL")
# Tags of EXIF and TIFF.
_ORIENTATION, _BITS, _MEANING, _PLANES = 0x0112, 258, 262, 284
# Pillow's ways to make a picture upright, by its orientation from 2.
_WAYS = dict(enumerate(("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90"), 2))


def can_convert() -> bool:
    return _pillow() is not None


def to_png(picture: "Image", most: int) -> bytes:
    """`picture` without loss, reduced where it would have more than `most` bytes. Raises PictureRefused."""
    try:
        whole = _as_png(_plain(picture, reduces=False)) if math.prod(picture.size) <= PNG_PIXELS else None
        if whole is not None and len(whole) <= most:
            return whole
        return _as_png(_plain(picture))
    except MemoryError as error:
        raise PictureTooLarge(TOO_LARGE) from error
    except Exception as error:  # a file that Pillow has opened and not read yet may be damaged
        raise PictureRefused(DAMAGED, "picture_unreadable") from error


def to_jpeg(source: "Path | bytes") -> bytes | None:
    """A JPEG of `source`, None where it is no picture that is known here. Raises PictureRefused where it is damaged or too large."""
    image = _pillow()
    if image is None:
        return None
    image.init()
    try:
        formats = [name for name in _FORMATS if name in image.OPEN]
        with image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=formats) as picture:
            _load(picture)
            return _saved(picture)
    except image.UnidentifiedImageError:
        return None
    except MemoryError as error:
        raise PictureTooLarge(TOO_LARGE) from error
    except Exception as error:  # Pillow's plugins raise whatever a damaged file leads them to
        raise PictureRefused(DAMAGED, "picture_unreadable") from error


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


def _load(picture: "Image") -> None:
    # Of a JPEG the smallest scale that still has as many pixels; other formats know none.
    picture.draft(picture.mode, (LONG_SIDE, LONG_SIDE))
    if math.prod(picture.size) > MAX_PIXELS:
        raise MemoryError
    if picture.format == "TIFF":
        tags = picture.getexif()
        bits = tags.get(_BITS, 8)
        is_deep = max(bits) > 8 if isinstance(bits, tuple) else bits > 8
        if is_deep and (tags.get(_PLANES) == 2 or tags.get(_MEANING) == 0):
            # Pillow would take half of the rows for all, or show a negative.
            raise ValueError("planes, or white as 0, of more than 8 bits")
    picture.load()


def _saved(picture: "Image") -> bytes:
    data = BytesIO()
    _plain(picture).save(data, "JPEG", quality=QUALITY, subsampling=0)
    return data.getvalue()


def _as_png(picture: "Image") -> bytes:
    data = BytesIO()
    picture.save(data, "PNG", compress_level=3)
    return data.getvalue()


def _plain(picture: "Image", *, reduces: bool = True) -> "Image":
    """`picture` upright, sRGB, on white, and of at most LONG_SIDE pixels where it `reduces`."""
    from PIL.Image import Transpose

    turn: Any = None
    with suppress(Exception):  # an EXIF that cannot be read is none
        turn = Transpose[_WAYS[picture.getexif()[_ORIENTATION]]]
    profile = picture.info.get("icc_profile")
    reduced = _with_even_colours(_of_8_bits(picture))
    # A copy: thumbnail() reduces in place, and a caller's own picture stays as it is.
    reduced = reduced.copy() if reduced is picture else reduced
    if reduces:
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
    even = {"P": "RGB", "YCbCr": "RGB", "HSV": "RGB", "1": "L"}.get(picture.mode)
    return picture.convert(even) if even else picture


def _to_srgb(picture: "Image", profile: Any) -> "Image":
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
