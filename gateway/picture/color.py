"""Colors as the picture's file means them, made sRGB: by an embedded ICC profile, or by a PNG's chunks cICP, gAMA and cHRM.

Relative colorimetric, as browsers show it, which also means no black point compensation: that moves a press's colors by up to 70 of 255.
A profile that cannot be read, or that is of another kind than the pixels, changes nothing, and neither do sRGB and a gray one in
lightness, which browsers do not read either.
"""

import hashlib
import io
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import numpy as np
from PIL import Image, ImageCms

from gateway.picture.format import Layout
from gateway.picture.rgb_profile import PRIMARIES, SRGB, SRGB_CURVE, gamma_curve, rgb_profile

# The profiles of presses have 0.2 to 3 MB.
MAX_BYTES = 4_000_000

# A transform takes 2 ms (RGB) to 60 ms (CMYK) to make, and up to 0.5 MB.
KEPT = 16

# What differs by so little is sRGB: its makers round in different ways.
_SAME = 2

_SIGNATURE, _CLASSES = b"acsp", (b"scnr", b"mntr", b"prtr", b"spac")
_GRAY, _CMYK = b"GRAY", b"CMYK"
_SPACES = {"L": (b"RGB ", _GRAY), "RGB": (b"RGB ",), "CMYK": (_CMYK,)}

# Tables that browsers do not read, and whose elements can be so many that a transform takes minutes to make.
_UNREAD = (b"D2B", b"B2D")

# Browsers take the perceptual table of a press, and the colorimetric one where it has no other.
_PERCEPTUAL, _COLORIMETRIC = b"A2B0", b"A2B1"

_FULL_RANGE_RGB, _SRGB_TRANSFER, _LINEAR_TRANSFER = b"\0\1", 13, 8
_GAMA_UNIT, _SRGB_GAMA = 100_000, 45_455

Convert = Callable[[Image.Image], Image.Image]

_srgb = ImageCms.createProfile("sRGB")
_kept: OrderedDict[tuple[bytes, str], Convert | None] = OrderedDict()
_lock = Lock()


def conversion(data: bytes | memoryview, layout: Layout, mode: str) -> Convert | None:
    """What makes a picture sRGB whose file is `data` and that is decoded as `mode`, or None where nothing is to be done.

    It takes CMYK where `mode` is that, and RGB otherwise.
    """
    profile = _embedded(data, layout)
    if not profile:
        return None
    kind = "CMYK" if mode == "CMYK" else "L" if mode[0] in "1LI" else "RGB"
    key = hashlib.blake2b(profile, digest_size=16).digest(), kind
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = _make(profile, kind)
    with _lock:
        _kept[key] = made
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _embedded(data: bytes | memoryview, layout: Layout) -> bytes:
    """The profile that the file tells, or nothing."""
    chunks = {kind: bytes(data[start:end]) for kind, (start, end) in layout.color.items() if end - start <= MAX_BYTES}
    cicp = chunks.get(b"cICP", b"")
    if cicp[2:] == _FULL_RANGE_RGB and cicp[0] in PRIMARIES and cicp[1] in (_SRGB_TRANSFER, _LINEAR_TRANSFER):
        return rgb_profile(PRIMARIES[cicp[0]], SRGB_CURVE if cicp[1] == _SRGB_TRANSFER else gamma_curve(1))
    if b"iCCP" in chunks:
        return _inflated(chunks[b"iCCP"])
    if b"gAMA" in chunks and b"sRGB" not in chunks:
        return _of_gamma(chunks[b"gAMA"], chunks.get(b"cHRM", b""))
    if not 0 < len(layout.profile) < 256 or sum(end - start for start, end in layout.profile) > MAX_BYTES:
        return b""
    return _joined([bytes(data[start:end]) for start, end in layout.profile])


def _inflated(chunk: bytes) -> bytes:
    name, _, rest = chunk.partition(b"\0")
    if not name or rest[:1] != b"\0":
        return b""
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(rest[1:], MAX_BYTES)
    except zlib.error:
        return b""
    return profile if inflate.eof else b""


def _of_gamma(gama: bytes, chrm: bytes) -> bytes:
    value = int.from_bytes(gama)
    if not value or (value == _SRGB_GAMA and not chrm):
        return b""
    try:
        white_and_primaries = [number / _GAMA_UNIT for number in struct.unpack(">8I", chrm)] if chrm else SRGB
        return rgb_profile(white_and_primaries, gamma_curve(_GAMA_UNIT / value))
    except (ArithmeticError, ValueError, struct.error):
        return b""


def _joined(parts: list[bytes]) -> bytes:
    """The segments of a JPEG, which begin with their number and how many there are. Nothing where one lacks or is there twice."""
    parts.sort()
    is_whole = [part[:2] for part in parts] == [bytes([number + 1, len(parts)]) for number in range(len(parts))]
    return b"".join(part[2:] for part in parts) if is_whole else b""


def _make(profile: bytes, kind: str) -> Convert | None:
    space = profile[16:20]
    if profile[36:40] != _SIGNATURE or profile[12:16] not in _CLASSES or space not in _SPACES[kind]:
        return None
    if space == _GRAY and profile[20:24] != b"XYZ ":
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(_without_unread(profile)))
        if space == _GRAY:
            return _by_table(source)
        return _by_transform(source, "CMYK" if space == _CMYK else "RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def _without_unread(profile: bytes) -> bytes:
    tags = bytearray(profile)
    starts = range(132, min(132 + 12 * int.from_bytes(profile[128:132]), len(profile)), 12)
    is_perceptual = any(profile[start : start + 4] == _PERCEPTUAL for start in starts)
    for start in starts:
        name = profile[start : start + 4]
        if name[:3] in _UNREAD or (is_perceptual and name == _COLORIMETRIC):
            tags[start : start + 4] = name.lower()
    return bytes(tags)


def _transform(source: ImageCms.ImageCmsProfile, mode: str, flags: ImageCms.Flags) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(source, _srgb, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, flags)


def _applied(picture: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(picture, transform)
    assert converted is not None  # as it is in a picture of its own
    return converted


def _by_table(source: ImageCms.ImageCmsProfile) -> Convert | None:
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    # Optimized it is up to 7 of 255 off in the dark.
    table = _applied(ramp, _transform(source, "L", ImageCms.Flags.NOOPTIMIZE)).tobytes()
    return None if _is_same(ramp.convert("RGB").tobytes(), table) else lambda rgb: rgb.point([*table[::3], *table[1::3], *table[2::3]])


def _by_transform(source: ImageCms.ImageCmsProfile, mode: str) -> Convert | None:
    transform = _transform(source, mode, ImageCms.Flags.NONE)
    if mode == "RGB":
        levels = np.arange(0, 256, 15, dtype=np.uint8)
        lattice = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(len(levels), -1, 3))
        if _is_same(lattice.tobytes(), _applied(lattice, transform).tobytes()):
            return None
    return lambda picture: _applied(picture, transform)


def _is_same(before: bytes, after: bytes) -> bool:
    difference = np.frombuffer(before, np.uint8).astype(np.int16) - np.frombuffer(after, np.uint8)
    return bool(np.abs(difference).max() <= _SAME)
