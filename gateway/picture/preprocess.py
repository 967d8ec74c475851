"""From the bytes of a picture to the model's input. The gateway and the training both use this, so they cannot differ.

The paper's way is `convert("RGB").resize((224, 224))`, then `/ 127.5 - 1`. So it is here, with what the paper leaves open:
the EXIF orientation is applied, transparency lies on white, 16 bits become 8, and a JPEG of more than twice the model's
size is decoded at a reduced scale.
"""

import warnings
from dataclasses import dataclass
from typing import IO, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import IMAGE_HALF_RANGE, IMAGE_SIZE
from gateway.errors import Overloaded, TooManyPixels, UnreadablePicture, is_exhausted
from gateway.picture.format import Layout, read_layout
from gateway.picture.limits import Cost, jpeg_cost, png_cost
from gateway.picture.pieces import Pieces
from gateway.picture.resize import to_model_size
from gateway.picture.upright import Upright

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
        raise _reason(error) from error
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
        raise _reason(error) from error
    return Upright(picture.image, picture.layout.orientation)


def to_pixels(picture: Picture) -> npt.NDArray[np.uint8]:
    """`picture` decoded, upright, RGB and resized: uint8 (224, 224, 3).

    Raises UnreadablePicture where the data are damaged or cut short.
    """
    upright = to_upright(picture, DRAFT_SIZE)
    try:
        return to_model_size(upright)
    except Exception as error:
        raise _reason(error) from error


def _reason(error: Exception) -> Exception:
    """What to raise for `error`, which Pillow raised."""
    return Overloaded() if is_exhausted(error) else UnreadablePicture()


def to_tensor(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """uint8 pixels of any shape as float32 in [-1, 1], C order: the paper's `/ 127.5 - 1`."""
    tensor = np.divide(pixels, np.float32(IMAGE_HALF_RANGE), dtype=np.float32)
    tensor -= 1
    return tensor
