"""A picture at the model's size: Pillow's `resize((224, 224))`, by the processor's vector units where there is a build for them.

cykooz-resizer convolves with Pillow's bicubic kernel (Catmull and Rom's, a = -0.5), one side here and then the other, as Pillow does. So no
pixel differs from Pillow's by more than 2 of 255, and most by nothing.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import IMAGE_SIZE

try:
    from cykooz_resizer import FilterType, ResizeAlg, ResizeOptions, Resizer
except ImportError:  # Linux on other processors has no build of it
    BICUBIC = None
else:
    BICUBIC = ResizeOptions(resize_alg=ResizeAlg.convolution(FilterType.catmull_rom), use_alpha=False)


def to_model_size(upright: Image.Image) -> npt.NDArray[np.uint8]:
    """`upright`, an RGB picture, resized: uint8 (224, 224, 3)."""
    width, height = upright.size
    # Strips of a side below 224 can be so long that their kernels take gigabytes: Pillow answers with an error, the other ends the process.
    if BICUBIC is None or min(width, height) < IMAGE_SIZE:
        return np.asarray(upright.resize((IMAGE_SIZE, IMAGE_SIZE)))
    # Which side Pillow takes first. What overshoots is cut in between, so the other order gives other pixels: up to 30 of 255 off.
    columns_first = height - IMAGE_SIZE > 2 * (width - IMAGE_SIZE)
    # One for each picture: a shared one would let one thread after the other.
    resizer = Resizer()
    for size in ((width, IMAGE_SIZE) if columns_first else (IMAGE_SIZE, height), (IMAGE_SIZE, IMAGE_SIZE)):
        resized = Image.new("RGB", size)
        resizer.resize_pil(upright, resized, BICUBIC)
        upright = resized
    return np.asarray(upright)
