"""A picture with the heat map of its genre laid over: the more a place speaks for the genre, the lighter and denser its colour."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance

from gateway.picture.decode import Upright

# Longer pictures are shrunk to this, in pixels: the heat map has 7 x 7 places, and a screen no more use of a larger one.
LONG_SIDE = 1024

# Pillow's own for thumbnails.
_REDUCING_GAP = 2

# How much of the paint the colour hides where there is no heat, and where there is most. The violet of the cold lies over all of the
# picture: with colour on the hot places alone, yellow on a yellow painting was not seen.
COLD_DENSITY, HOT_DENSITY = 0.35, 0.65

# What the paint keeps of its own colours, so that they are not taken for heat.
SATURATION = 0.5

LEVELS = 256


def view_of(upright: Upright) -> Image.Image:
    """`upright` as it is drawn, its long side at most LONG_SIDE: `thumbnail`, without a copy of the whole picture.

    Here as there, what is more than twice too large is averaged over whole pixels first.
    """
    width, height = upright.size
    share = LONG_SIDE / max(width, height)
    if share >= 1:
        return upright.whole()
    size = (max(1, round(width * share)), max(1, round(height * share)))
    factor = (int(width / size[0] / _REDUCING_GAP) or 1, int(height / size[1] / _REDUCING_GAP) or 1)
    reduced = Image.new("RGB", (math.ceil(width / factor[0]), math.ceil(height / factor[1])))
    # The shorter strips, as a strip must have whole pixels of what it is reduced to.
    by_columns = width * factor[1] > height * factor[0]
    for (left, top, _, _), strip in upright.strips(columns=by_columns, multiple=factor[0] if by_columns else factor[1]):
        reduced.paste(strip.reduce(factor), (left // factor[0], top // factor[1]))
    return reduced.resize(size, Image.Resampling.LANCZOS, box=(0, 0, width / factor[0], height / factor[1]))


def overlay(view: Image.Image, heatmap: Sequence[Sequence[float]]) -> Image.Image:
    """`view`, RGB, under `heatmap`: rows of values in [0, 1], smoothly enlarged to all of it."""
    enlarged = Image.fromarray(np.array(heatmap, np.float32)).resize(view.size, Image.Resampling.BICUBIC)
    heat = np.asarray(enlarged).clip(0, 1)  # bicubic overshoots beside a steep place
    colours = Image.fromarray(PALETTE[np.rint(heat * (LEVELS - 1)).astype(np.uint8)])
    density = Image.fromarray(np.rint(255 * (COLD_DENSITY + (HOT_DENSITY - COLD_DENSITY) * heat)).astype(np.uint8))
    return Image.composite(colours, ImageEnhance.Color(view).enhance(SATURATION), density)


def _palette() -> npt.NDArray[np.uint8]:
    """LEVELS sRGB colours, (LEVELS, 3), whose equal steps look equal: a line through Oklab (Ottosson 2020), violet over red to yellow.

    Lightness rises evenly, so that the order survives in gray and for colour-blind eyes; hue turns evenly beside it, and the chroma is
    the largest that all of the way has in sRGB.
    """
    place = np.linspace(0, 1, LEVELS)
    lightness = 0.35 + 0.58 * place
    hue = np.deg2rad(305 + 160 * place)
    chroma = 0.155
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=1,
    )
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.abs(linear) ** (1 / 2.4) - 0.055)
    palette: npt.NDArray[np.uint8] = np.rint(encoded.clip(0, 1) * 255).astype(np.uint8)
    return palette


PALETTE = _palette()
