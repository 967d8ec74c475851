"""From the bytes of a picture to the model's input. The gateway and the training both use this, so they cannot differ.

The paper's way is `convert("RGB").resize((224, 224))`, then `/ 127.5 - 1`. So it is here, with what the paper leaves open:
the EXIF orientation is applied, transparency lies on white, 16 bits become 8, and a JPEG of more than twice the model's
size is decoded at a reduced scale.
"""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from gateway.contract import IMAGE_HALF_RANGE, IMAGE_SIZE
from gateway.errors import TooManyPixels, TooManySegments, UnreadablePicture
from gateway.resize import to_model_size
from gateway.segments import MAX_SCANS, count_scans

# Pillow's own guard knows one limit for the whole process; open_picture checks the caller's before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# libjpeg can decode at 1/2, 1/4 and 1/8; Image.draft takes the smallest scale that is still at least this size.
DRAFT_SIZE = (2 * IMAGE_SIZE, 2 * IMAGE_SIZE)


def open_picture(data: bytes, max_pixels: int) -> Image.Image:
    """The picture in `data`, its header read and nothing decoded yet.

    Only JPEG (and MPO, of which the first frame counts) and PNG are tried.

    Raises UnreadablePicture, TooManyPixels above `max_pixels`, and TooManySegments where the pieces of the file, or the scans over its
    pixels, are more than any picture needs.
    """
    scans = count_scans(data)
    try:
        picture = Image.open(BytesIO(data), formats=("JPEG", "PNG"))
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        raise UnreadablePicture from error
    width, height = picture.size
    if width * height > max_pixels:
        raise TooManyPixels(width, height, max_pixels)
    if scans * width * height > MAX_SCANS * max_pixels:
        raise TooManySegments
    return picture


def to_upright(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`picture` decoded, upright and RGB, a JPEG at the smallest scale that still has at least `size`, (width, height) in pixels.

    Raises UnreadablePicture where the data are damaged or cut short.
    """
    try:
        picture.draft("RGB", size)
        # In place, as every copy of a large picture costs as much memory as the picture.
        ImageOps.exif_transpose(picture, in_place=True)
        return _to_rgb(picture)
    except Exception as error:  # as above, for the body
        raise UnreadablePicture from error


def to_pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """`picture` decoded, upright, RGB and resized: uint8 (224, 224, 3).

    Raises UnreadablePicture where the data are damaged or cut short.
    """
    return to_model_size(to_upright(picture, DRAFT_SIZE))


def to_tensor(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """uint8 pixels of any shape as float32 in [-1, 1], C order: the paper's `/ 127.5 - 1`."""
    tensor = np.divide(pixels, np.float32(IMAGE_HALF_RANGE), dtype=np.float32)
    tensor -= 1
    return tensor


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
