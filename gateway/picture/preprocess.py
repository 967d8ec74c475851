"""From a decoded picture to the model's input. The gateway and the training both use this, so they cannot differ.

The paper's way is `convert("RGB").resize((224, 224))`, then `/ 127.5 - 1`. So it is here; what the paper leaves open is in decode.py.

The resizing is Pillow's, by the processor's vector units where there is a build for them: cykooz-resizer convolves with Pillow's
bicubic kernel (Catmull and Rom's, a = -0.5), one side here and then the other, as Pillow does. So no pixel differs from Pillow's
by more than 2 of 255, and most by nothing.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import IMAGE_HALF_RANGE, IMAGE_SIZE
from gateway.picture.decode import DRAFT_SIZE, Picture, Upright, reason_of, to_upright

try:
    from cykooz_resizer import FilterType, ResizeAlg, ResizeOptions, Resizer
except ImportError:  # Linux on other processors has no build of it
    BICUBIC = None
else:
    BICUBIC = ResizeOptions(resize_alg=ResizeAlg.convolution(FilterType.catmull_rom), use_alpha=False)

_Resize = Callable[[Image.Image, tuple[int, int]], Image.Image]


def to_pixels(picture: Picture) -> npt.NDArray[np.uint8]:
    """`picture` decoded, upright, RGB and resized: uint8 (224, 224, 3).

    Raises UnreadablePicture where the data are damaged or cut short.
    """
    upright = to_upright(picture, DRAFT_SIZE)
    try:
        return to_model_size(upright)
    except Exception as error:
        raise reason_of(error) from error


def to_tensor(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """uint8 pixels of any shape as float32 in [-1, 1], C order: the paper's `/ 127.5 - 1`."""
    tensor = np.divide(pixels, np.float32(IMAGE_HALF_RANGE), dtype=np.float32)
    tensor -= 1
    return tensor


def to_model_size(upright: Upright) -> npt.NDArray[np.uint8]:
    """`upright` resized: uint8 (224, 224, 3)."""
    width, height = upright.size
    # Strips of a side below 224 can be so long that their kernels take gigabytes: Pillow raises, cykooz-resizer ends the process.
    resize = _by_pillow if BICUBIC is None or min(width, height) < IMAGE_SIZE else _by_vector_units()
    # Which side Pillow takes first. What overshoots is cut in between, so the other order gives other pixels: up to 30 of 255 off.
    columns_first = height > IMAGE_SIZE and height - IMAGE_SIZE > 2 * (width - IMAGE_SIZE)
    # Along the first side each row, or column, is resized by itself.
    between = Image.new(upright.mode, (width, IMAGE_SIZE) if columns_first else (IMAGE_SIZE, height))
    for (left, top, right, bottom), strip in upright.strips(columns=columns_first):
        resized = resize(strip, (right - left, IMAGE_SIZE) if columns_first else (IMAGE_SIZE, bottom - top))
        if resized.size == between.size:
            between = resized
        else:
            between.paste(resized, (left, top))
    return np.asarray(upright.to_srgb(resize(between, (IMAGE_SIZE, IMAGE_SIZE))))


def _by_pillow(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture.resize(size)


def _by_vector_units() -> _Resize:
    # One for each picture: a shared one would let one thread after the other.
    resizer = Resizer()

    def resize(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        resized = Image.new(picture.mode, size)
        resizer.resize_pil(picture, resized, BICUBIC)
        return resized

    return resize
