"""A few statistics of what is asked and answered, each in ten bins: by them it shows that callers send other pictures than the
model was measured on. The training counts its own pictures with these very functions (training/distribution.py).
"""

import math
from bisect import bisect_right

import numpy as np
import numpy.typing as npt

# The nine values between ten bins: near the deciles of the pictures that the first models were measured on, rounded.
EDGES: dict[str, tuple[float, ...]] = {
    "brightness": (0.28, 0.32, 0.37, 0.41, 0.45, 0.5, 0.55, 0.61, 0.69),
    "contrast": (0.11, 0.14, 0.155, 0.17, 0.18, 0.195, 0.21, 0.235, 0.26),
    "saturation": (0.055, 0.08, 0.1, 0.115, 0.135, 0.155, 0.18, 0.21, 0.27),
    "confidence": (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.75, 0.85),
}

# Every eighth pixel of every eighth row: 784 tell as much as all, in a hundredth of the time.
STEP = 8


def picture_statistics(pixels: npt.NDArray[np.uint8]) -> dict[str, float]:
    """Of uint8 pixels (224, 224, 3): mean and standard deviation of the gray values and mean of max - min of a pixel, all in [0, 1]."""
    # A row for each colour: numpy is slow along an axis of three.
    red, green, blue = pixels[::STEP, ::STEP].reshape(-1, 3).T.astype(np.float32, order="C")
    gray = (red + green + blue) / 3
    brightness = float(gray.mean())
    gray -= brightness
    colour = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return {
        "brightness": brightness / 255,
        "contrast": math.sqrt(gray.dot(gray) / gray.size) / 255,
        "saturation": float(colour.mean()) / 255,
    }


def bin_of(statistic: str, value: float) -> int:
    """The bin that `value` falls into, 0 for what lies below the first edge; an edge belongs to the bin above it."""
    return bisect_right(EDGES[statistic], value)
