"""What decoding and resizing a picture will cost, told from its header: seconds of a core, and bytes of memory beside the file.

Pixels alone tell little. The same 40 million take 0.02 to 6 s and 3 MB to 2 GB, by format, mode, shape and the way they are stored.

The constants were measured on two virtual cores of an AMD EPYC with other work beside, by `tests/bad_input/costly.py`, whose test compares
each estimate with what its picture takes. SAFETY is for slower processors.
"""

import math
from dataclasses import dataclass

from gateway.capacity import CHEAP_BYTES, PICTURE_BYTES
from gateway.contract import IMAGE_SIZE
from gateway.errors import TooCostly, TooCostlyTogether
from gateway.picture.format import Layout

SAFETY = 1.5

# A request of up to a megabyte may cost so much by these estimates, and stays below 2 s of a core with all that is done beside. What it
# sends beyond that pays for more: a PNG of 40 million pixels, which has 15 MB, and sixteen photographs.
REQUEST_SECONDS = 1.7
SECONDS_A_MEGABYTE = 0.15

# Below it, and CHEAP_BYTES, a picture is cheap.
CHEAP_SECONDS = 0.3

# A picture that must be converted or turned is made upright in strips of so many pixels, 8 MB of RGB, or a single row or column.
STRIP_PIXELS = 2_000_000

_NANO = 1e-9

# Beside all that depends on the picture.
_FIXED_SECONDS = 0.003
_FIXED_BYTES = 8_000_000

# A color profile is read, and what converts by it made and used: on the reduced picture, or on each pixel that may be transparent.
_PROFILE_SECONDS, _PRESS_SECONDS, _CONVERTED_PIXEL_SECONDS = 0.01, 0.08, 16 * _NANO
_PROFILE_BYTES = 8_000_000

# Bytes and seconds of the kernel that resizing needs for each pixel of a side, which Pillow makes for each strip anew.
_KERNEL_BYTES = 32
_KERNEL_SECONDS = 30 * _NANO


@dataclass(frozen=True)
class Cost:
    seconds: float
    bytes: int

    @property
    def is_costly(self) -> bool:
        return self.seconds > CHEAP_SECONDS or self.bytes > CHEAP_BYTES


class Budget:
    """What the pictures of one request of `request_bytes` may cost together."""

    def __init__(self, request_bytes: int) -> None:
        self._whole = self._left = REQUEST_SECONDS + SECONDS_A_MEGABYTE * max(0, request_bytes / 1e6 - 1)

    @property
    def is_costly(self) -> bool:
        """Whether what was spent is as much as one costly picture is."""
        return self._whole - self._left > CHEAP_SECONDS

    def spend(self, cost: Cost) -> None:
        """Raises TooCostly where a picture of `cost` is too much by itself, TooCostlyTogether for what is left. Then nothing is spent."""
        for times, what in ((cost.bytes / PICTURE_BYTES, "memory"), (cost.seconds / self._whole, "time")):
            if times > 1:
                raise TooCostly(times, what)
        if cost.seconds > self._left:
            raise TooCostlyTogether
        self._left -= cost.seconds


def png_cost(layout: Layout, size: tuple[int, int], mode: str, file_bytes: int) -> Cost:
    """Of a PNG of `size` that Pillow decodes as `mode`."""
    width, height = size
    pixels = width * height
    row_bytes = width * layout.samples * layout.depth // 8 + 1
    seconds = (
        # Inflating matches and undoing the filter; inflating what is no match.
        4 * row_bytes * height
        + 13 * file_bytes
        # Unpacking, making it RGB, resizing; on white where it may be transparent; a row by itself.
        + (4 if mode in ("1", "L", "RGB") else 9) * pixels
        + (6 * pixels if layout.transparent and mode != "RGBA" else 0)
        + 60 * height
        + (3 * pixels if layout.interlaced else 0)
    )
    held = _stored_bytes(size, 1 if mode in ("1", "L", "P") else 2 if mode == "I;16" else 4)
    # The row before, this one, and one as it is unpacked.
    return _with_resizing(size, layout, seconds * _NANO, held + 3 * row_bytes, in_strips=mode != "RGB" or layout.transparent)


def jpeg_cost(layout: Layout, size: tuple[int, int], scale: int, file_bytes: int) -> Cost:
    """Of a JPEG of `size` that is decoded at 1/`scale` of it."""
    width, height = size
    small = (-(-width // scale), -(-height // scale))
    blocks = _blocks(layout, size)
    all_blocks = sum(blocks.values())
    walked = sum(blocks.get(component, all_blocks) for scan in layout.scans for component in scan)
    seconds = (
        # In an arithmetic code 64 decisions of a block may take a bit together; a bit has up to six of them.
        (500 if layout.arithmetic else 60) * walked
        + (300 if layout.arithmetic else 30) * file_bytes
        # The memory of kept coefficients; the cosine transform of each block, which a scale shrinks too.
        + (100 * all_blocks if layout.buffered else 0)
        + 150 * all_blocks / scale
        + (16 if len(layout.components) == 4 else 7) * small[0] * small[1]
    )
    held = _stored_bytes(small, 1 if len(layout.components) == 1 else 4)
    # Coefficients of two bytes, 64 in a block; or the rows of the components that are worked on.
    kept = 128 * all_blocks if layout.buffered else 64 * 4 * (width + 64)
    return _with_resizing(small, layout, seconds * _NANO, held + kept, in_strips=len(layout.components) != 3)


def _blocks(layout: Layout, size: tuple[int, int]) -> dict[int, int]:
    """How many blocks of 8 x 8 each component has, by its number."""
    most_across = max((across for across, _ in layout.components.values()), default=1) or 1
    most_down = max((down for _, down in layout.components.values()), default=1) or 1
    units = math.ceil(size[0] / (8 * most_across)) * math.ceil(size[1] / (8 * most_down))
    return {number: units * across * down for number, (across, down) in layout.components.items()}


def _stored_bytes(size: tuple[int, int], pixel_bytes: int) -> int:
    """As Pillow keeps pixels: each row by itself, which takes a pointer and whole words."""
    width, height = size
    return height * (-(-width * pixel_bytes // 4) * 4 + 8)


def _with_resizing(size: tuple[int, int], layout: Layout, seconds: float, held: int, *, in_strips: bool) -> Cost:
    """With what follows on decoding a picture into `size`. `in_strips` are all that are not RGB and opaque, and all that are turned."""
    short, long = sorted(size)
    pixels = short * long
    turned = layout.orientation != 1
    in_strips = in_strips or turned
    strip = min(short, max(1, STRIP_PIXELS // long)) if in_strips else short
    # Pillow's resizing, for short sides, is the slower one.
    seconds += (_KERNEL_SECONDS * long * math.ceil(short / strip)) + (
        (5 if short < IMAGE_SIZE else 0) + (6 if turned else 0)
    ) * pixels * _NANO
    held += _KERNEL_BYTES * long + 4 * IMAGE_SIZE * min(long, 2 * short + IMAGE_SIZE)
    if in_strips:
        # Cut out, made RGBA, laid on white, turned.
        held += _stored_bytes((strip, long) if size[0] < size[1] else (long, strip), 4) * (3 + turned)
    if layout.has_profile:
        seconds += _PRESS_SECONDS if len(layout.components) == 4 else _PROFILE_SECONDS
        held += _PROFILE_BYTES
        if layout.transparent:
            seconds += _CONVERTED_PIXEL_SECONDS * pixels
            held += 2 * _stored_bytes((strip, long), 4)
    return Cost(SAFETY * (seconds + _FIXED_SECONDS), held + _FIXED_BYTES)
