"""From the bytes of a JPEG or PNG to its pixels, upright and RGB: transparency on white, 16 bits made 8, an embedded profile honored.

A JPEG of more than twice the model's size is decoded at a reduced scale, and what must be converted or turned is so in strips: a copy of a
large picture is as large as the picture.
"""

import io
import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import IO, cast

import numpy as np
from PIL import Image

from gateway.contract import IMAGE_SIZE
from gateway.errors import Overloaded, UnreadablePicture, is_exhausted
from gateway.picture.color import Convert, conversion
from gateway.picture.format import END, Layout, read_layout
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

# Pillow's own guard counts pixels; what a picture costs is told from its header, see limits.py.
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
    data: bytes | memoryview

    def scale(self, size: tuple[int, int]) -> int:
        """By how much `to_upright` at `size` reduces the picture."""
        if self.image.format == "PNG":
            return 1
        most = min(self.size[0] // size[0], self.size[1] // size[1])
        return next((scale for scale in (8, 4, 2) if most >= scale), 1)

    def cost(self, size: tuple[int, int]) -> Cost:
        """What `to_upright` at `size` and the resizing cost."""
        if self.image.format != "PNG":
            return jpeg_cost(self.layout, self.size, self.scale(size), len(self.data))
        return png_cost(self.layout, self.size, self.image.mode, len(self.data))


class Upright:
    """`decoded`, which is not changed, turned by the EXIF orientation `orientation` (1 to 8).

    Its pieces are of `mode`, RGB or CMYK. A picture made of them, when reduced, is to go through `to_srgb`: `convert` costs by the pixel.
    """

    def __init__(self, decoded: Image.Image, orientation: int = 1, convert: Convert | None = None) -> None:
        self._decoded = decoded
        self._orientation = orientation
        self._convert = convert
        # What is transparent is made sRGB before it is laid on white.
        self._is_converted = decoded.has_transparency_data
        self.mode = "CMYK" if convert and decoded.mode == "CMYK" else "RGB"
        width, height = decoded.size
        self.size = (height, width) if orientation in _SWAPPED else (width, height)

    def whole(self) -> Image.Image:
        return self.to_srgb(self.crop((0, 0, *self.size)))

    def to_srgb(self, picture: Image.Image) -> Image.Image:
        return self._convert(picture) if self._convert and not self._is_converted else picture

    def crop(self, box: Box) -> Image.Image:
        """What is in `box`, (left, top, right, bottom). Of a picture that is RGB and upright all of it is that picture, no copy."""
        raw = self._raw_box(box)
        piece = self._decoded if raw == (0, 0, *self._decoded.size) else self._decoded.crop(raw)
        opaque = piece if piece.mode == self.mode and not self._is_converted else _to_rgb(piece, self._convert)
        method = _METHODS.get(self._orientation)
        return opaque if method is None else opaque.transpose(method)

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


def _to_rgb(picture: Image.Image, convert: Convert | None) -> Image.Image:
    """`convert` is for what is transparent; the rest is converted when it is reduced."""
    transparency = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        # convert() would clip 16 bits at 255; the high byte is what Pillow itself keeps of 16-bit color.
        samples = np.asarray(picture)
        picture = Image.fromarray((samples >> 8).astype(np.uint8))
        if transparency is not None:
            picture.putalpha(Image.fromarray(np.where(samples == transparency, 0, 255).astype(np.uint8)))
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(convert(layer.convert("RGB")) if convert else layer, mask=layer)
    return paper


class Pieces(io.RawIOBase):
    """The bytes `spans`, (start, end), of `data` one after the other, and `more` behind them."""

    def __init__(self, data: bytes | memoryview, spans: Iterable[tuple[int, int]], more: bytes = b"") -> None:
        super().__init__()
        view = memoryview(data)
        self._pieces = [*(view[start:end] for start, end in spans), memoryview(more)]
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
        end = self._ends[-1] if self._ends else 0
        end = end if size is None or size < 0 else min(end, self._position + size)
        found = []
        # Found and not sought: Pillow reads some files byte by byte.
        index = bisect_right(self._ends, self._position)
        while self._position < end:
            start = self._ends[index] - len(self._pieces[index])
            part = self._pieces[index][self._position - start : end - start]
            found.append(part)
            self._position += len(part)
            index += 1
        return b"".join(found)


def open_picture(data: bytes | memoryview) -> Picture:
    """The picture in `data`, its header read and nothing decoded yet.

    Only JPEG (of several pictures in it the first) and PNG are tried.

    Raises UnreadablePicture, and TooManySegments where the pieces of the file are more than any picture needs.
    """
    layout = read_layout(data)
    try:
        pieces = Pieces(data, layout.needed(len(data)), END if layout.lacks_end else b"")
        image = Image.open(cast(IO[bytes], pieces), formats=("JPEG", "PNG"))
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        raise reason_of(error) from error
    _fit_transparency(image, layout.depth)
    return Picture(image, layout, image.size, data)


def _fit_transparency(image: Image.Image, depth: int) -> None:
    """A transparent color is told in the samples of the file, and Pillow makes 8 bits of 2, 4, and of 16 in RGB."""
    color = image.info.get("transparency")
    if color is None:
        return
    if image.mode == "L" and depth in (2, 4):
        image.info["transparency"] = color * 255 // ((1 << depth) - 1)
    elif image.mode == "RGB" and depth == 16:
        image.info["transparency"] = tuple(sample >> 8 for sample in color)


def to_upright(picture: Picture, size: tuple[int, int]) -> Upright:
    """`picture` decoded, a JPEG at the smallest scale that still has at least `size`, (width, height) in pixels before it is turned.

    Raises UnreadablePicture where the data are damaged or cut short.
    """
    try:
        picture.image.draft("RGB", size)
        picture.image.load()
        convert = conversion(picture.data, picture.layout, picture.image.mode) if picture.layout.has_profile else None
        upright = Upright(picture.image, picture.layout.orientation, convert)
    except Exception as error:  # as above, for the body
        raise reason_of(error) from error
    if picture.layout.lacks_end and _lacks_rows(picture, size):
        raise UnreadablePicture
    return upright


def _lacks_rows(picture: Picture, size: tuple[int, int]) -> bool:
    """Whether of a JPEG that was cut short more lacks than the last row of its blocks. libjpeg makes gray what lacks."""
    width, height = picture.image.size
    rows = 8 * max(down for _, down in picture.layout.components.values()) // picture.scale(size)
    last = (height - 1) // rows * rows
    # The end of the row above, and of the last.
    end = picture.image.crop((width - 1, max(0, last - 1), width, height))
    return set(end.tobytes()) <= {127, 128}


def reason_of(error: Exception) -> Exception:
    """What to raise for `error`, which Pillow raised."""
    return Overloaded() if is_exhausted(error) else UnreadablePicture()
