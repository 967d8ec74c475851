"""A decoded picture as it is to be shown, upright and RGB, made a strip at a time: a copy of a large picture is as large as the picture."""

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

Box = tuple[int, int, int, int]

# Of a strip, unless a single row or column has more: 8 MB of RGB.
STRIP_PIXELS = 2_000_000

# By EXIF orientation, what makes the picture upright.
_METHODS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Where rows become columns, where an upright picture's x or y is counted from the other end.
_SWAPPED, _MIRRORED_X, _MIRRORED_Y = {5, 6, 7, 8}, {2, 3, 7, 8}, {3, 4, 6, 7}


class Upright:
    """`decoded`, which is not changed, turned by the EXIF orientation `orientation` (1 to 8)."""

    def __init__(self, decoded: Image.Image, orientation: int = 1) -> None:
        self._decoded = decoded
        self._orientation = orientation
        width, height = decoded.size
        self.size = (height, width) if orientation in _SWAPPED else (width, height)

    def whole(self) -> Image.Image:
        return self.crop((0, 0, *self.size))

    def crop(self, box: Box) -> Image.Image:
        """What is in `box`, (left, top, right, bottom), as RGB. Of a picture that is RGB and upright `whole` is that picture, no copy."""
        raw = self._raw_box(box)
        piece = self._decoded if raw == (0, 0, *self._decoded.size) else self._decoded.crop(raw)
        rgb = _to_rgb(piece)
        method = _METHODS.get(self._orientation)
        return rgb if method is None else rgb.transpose(method)

    def strips(self, *, columns: bool = False, multiple: int = 1) -> Iterator[tuple[Box, Image.Image]]:
        """All of the picture in boxes of whole rows, or of whole `columns`, with what is in them.

        Each but the last has a `multiple` of rows or columns.
        """
        width, height = self.size
        length, count = (height, width) if columns else (width, height)
        if self._decoded.mode == "RGB" and self._orientation not in _METHODS and not self._decoded.has_transparency_data:
            # Nothing is made of it, so nothing is saved by strips.
            step = count
        else:
            step = math.ceil(max(1, STRIP_PIXELS // length) / multiple) * multiple
        for start in range(0, count, step):
            end = min(start + step, count)
            box = (start, 0, end, height) if columns else (0, start, width, end)
            yield box, self.crop(box)

    def _raw_box(self, box: Box) -> Box:
        left, top, right, bottom = box
        if self._orientation in _SWAPPED:
            left, top, right, bottom = top, left, bottom, right
        width, height = self._decoded.size
        if self._orientation in _MIRRORED_X:
            left, right = width - right, width - left
        if self._orientation in _MIRRORED_Y:
            top, bottom = height - bottom, height - top
        return left, top, right, bottom


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # convert() would clip 16 bits at 255; the high byte is what Pillow itself keeps of 16-bit colour.
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer)
    return paper
