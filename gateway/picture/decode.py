"""From the bytes of a JPEG or PNG to its pixels, upright and RGB: transparency on white, 16 bits made 8.

A JPEG of more than twice the model's size is decoded at a reduced scale, and what must be converted or turned is so in strips: a copy of a
large picture is as large as the picture.
"""

import io
import math
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import IO, cast

import numpy as np
from PIL import Image

from gateway.contract import IMAGE_SIZE
from gateway.errors import Overloaded, TooManyPixels, UnreadablePicture, is_exhausted
from gateway.picture.format import Layout, read_layout
from gateway.picture.limits import STRIP_PIXELS, Cost, jpeg_cost, png_cost

Box = tuple[int, int, int, int]

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

# Pillow's own guard knows one limit for the whole process; open_picture checks the caller's before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# Pillow warns of what it forgives in a file, as text on standard error, which is for JSON lines; whoever sent it gets an answer.
warnings.filterwarnings("ignore", module=r"PIL\.")

# libjpeg can decode at 1/2, 1/4 and 1/8; Image.draft takes the smallest scale that is still at least this size.
DRAFT_SIZE = (2 * IMAGE_SIZE, 2 * IMAGE_SIZE)


@dataclass
class Picture:
    """A picture of which the header was read, and nothing decoded yet. `size` is the file's, (width, height), before it is turned."""

    image: Image.Image
    layout: Layout
    size: tuple[int, int]
    file_bytes: int

    def scale(self, size: tuple[int, int]) -> int:
        """By how much `to_upright` at `size` reduces the picture."""
        if self.image.format == "PNG":
            return 1
        most = min(self.size[0] // size[0], self.size[1] // size[1])
        return next((scale for scale in (8, 4, 2) if most >= scale), 1)

    def cost(self, size: tuple[int, int]) -> Cost:
        """What `to_upright` at `size` and the resizing cost."""
        if self.image.format != "PNG":
            return jpeg_cost(self.layout, self.size, self.scale(size), self.file_bytes)
        return png_cost(self.layout, self.size, self.image.mode, self.file_bytes)


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


class Pieces(io.RawIOBase):
    """The bytes `spans`, (start, end), of `data` one after the other."""

    def __init__(self, data: bytes | memoryview, spans: Iterable[tuple[int, int]]) -> None:
        super().__init__()
        view = memoryview(data)
        self._pieces = [view[start:end] for start, end in spans]
        self._ends = list(accumulate(len(piece) for piece in self._pieces))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ends[-1] if self._ends else 0}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Fewer bytes than `size` only at the end."""
        wanted = -1 if size is None or size < 0 else size
        found = []
        start = 0
        for piece, end in zip(self._pieces, self._ends, strict=True):
            if wanted and self._position < end:
                at = self._position - start
                part = piece[at:] if wanted < 0 else piece[at : at + wanted]
                found.append(part)
                self._position += len(part)
                if wanted > 0:
                    wanted -= len(part)
            start = end
        return b"".join(found)


def open_picture(data: bytes | memoryview, max_pixels: int) -> Picture:
    """The picture in `data`, its header read and nothing decoded yet.

    Only JPEG (of several pictures in it the first) and PNG are tried.

    Raises UnreadablePicture, TooManyPixels above `max_pixels`, and TooManySegments where the pieces of the file are more than any picture
    needs.
    """
    layout = read_layout(data)
    try:
        image = Image.open(cast(IO[bytes], Pieces(data, layout.needed(len(data)))), formats=("JPEG", "PNG"))
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        raise reason_of(error) from error
    width, height = image.size
    if width * height > max_pixels:
        raise TooManyPixels(width, height, max_pixels)
    return Picture(image, layout, image.size, len(data))


def to_upright(picture: Picture, size: tuple[int, int]) -> Upright:
    """`picture` decoded, a JPEG at the smallest scale that still has at least `size`, (width, height) in pixels before it is turned.

    Raises UnreadablePicture where the data are damaged or cut short.
    """
    try:
        picture.image.draft("RGB", size)
        picture.image.load()
    except Exception as error:  # as above, for the body
        raise reason_of(error) from error
    return Upright(picture.image, picture.layout.orientation)


def reason_of(error: Exception) -> Exception:
    """What to raise for `error`, which Pillow raised."""
    return Overloaded() if is_exhausted(error) else UnreadablePicture()
