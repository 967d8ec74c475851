"""Random changes to training pictures: two sets, each a function of one picture and a seed, in TensorFlow's stateless operations.

    paper   what the paper's Keras ImageDataGenerator does: one affine map
    ragam   against the source confound: what tells one collection from another (resolution, sharpness, JPEG quality, white balance,
            exposure, frames) varies more within a genre than between the sources; and random crops

Both take uint8 (224, 224, 3), an int32 seed (2,) and the recipe, which has their strengths, and return float32 (224, 224, 3) in [0, 255].
The same seed gives the same picture on any machine and in any order.
"""

import numpy as np
import tensorflow as tf

from gateway.contract import IMAGE_SHAPE, IMAGE_SIZE
from training.config import RAGAM, Recipe

HIGHEST_QUALITY = 95  # of a JPEG
BLUR = -1.0  # of `sharpened`: the blurred picture itself
# A crop cuts a frame off most pictures that have one; some others get one.
FRAME = (4, 16)  # pixels on each side

_KERNELS = ("bilinear", "bicubic", "lanczos3", "area")
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's convert("L")


def paper(image: tf.Tensor, seed: tf.Tensor, recipe: Recipe = RAGAM) -> tf.Tensor:
    """Rotation, shifts, shear and zoom as one affine map around the centre, bilinear, edges repeated; and a horizontal flip for half."""
    return moved(image, paper_matrix(seed, recipe))


def paper_matrix(seed: tf.Tensor, recipe: Recipe = RAGAM) -> tf.Tensor:
    """The map that `seed` draws from the paper's settings, as `affine` gives it."""
    draw = tf.random.stateless_uniform((7,), seed, -1.0, 1.0)
    return affine(
        rotation=draw[0] * np.radians(recipe.rotation),
        shift=draw[1:3] * recipe.shift * IMAGE_SIZE,
        shear=draw[3] * np.radians(recipe.shear),
        zoom=1.0 + draw[4:6] * recipe.zoom,
        mirrored=draw[6] < 0,
    )


def moved(image: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """`image` seen through `matrix`, float32 (3, 3) as `affine` gives it: bilinear, and beyond the edge the nearest pixel."""
    seen = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(image, tf.float32)[None],
        transforms=tf.concat([tf.reshape(matrix[:2], (6,)), [0.0, 0.0]], axis=0)[None],
        output_shape=IMAGE_SHAPE[:2],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    return tf.ensure_shape(seen[0], IMAGE_SHAPE)


def affine(rotation: tf.Tensor, shift: tf.Tensor, shear: tf.Tensor, zoom: tf.Tensor, mirrored: tf.Tensor) -> tf.Tensor:
    """The map from a place (x, y, 1) of the result to the place of the source that is shown there, float32 (3, 3).

    In Keras' order: mirrored last, so first on the way back; then zoom, shear, shift and rotation around the centre. Angles in radians,
    shift (y, x) in pixels, zoom (y, x) as the factor of the source's extent.
    """
    zero, one = tf.zeros(()), tf.ones(())
    half = (IMAGE_SIZE - 1) / 2

    def rows(*values: tf.Tensor) -> tf.Tensor:
        return tf.reshape(tf.stack([*values, zero, zero, one]), (3, 3))

    centred = rows(tf.where(mirrored, -one, one), zero, tf.where(mirrored, half * one, -half * one), zero, one, -half * one)
    zoomed = rows(zoom[1], zero, zero, zero, zoom[0], zero)
    sheared = rows(tf.cos(shear), zero, zero, -tf.sin(shear), one, zero)
    shifted = rows(one, zero, shift[1], zero, one, shift[0])
    rotated = rows(tf.cos(rotation), tf.sin(rotation), zero, -tf.sin(rotation), tf.cos(rotation), zero)
    placed = rows(one, zero, half * one, zero, one, half * one)
    return placed @ rotated @ shifted @ sheared @ zoomed @ centred


def ragam(image: tf.Tensor, seed: tf.Tensor, recipe: Recipe = RAGAM) -> tf.Tensor:
    """A random crop in other light, mirrored for half, brought to 224x224 directly or, for half, by way of a smaller JPEG."""
    draw = tf.random.stateless_uniform((20,), seed)
    cropped = crop(image, draw[:4], recipe)
    cropped = tf.cond(draw[12] < recipe.framed_share, lambda: framed(cropped, draw[13:17]), lambda: cropped)
    cropped = curved(recoloured(cropped, draw[4:10], recipe), draw[17], recipe)
    cropped = tf.cond(draw[10] < 0.5, lambda: tf.reverse(cropped, axis=[1]), lambda: cropped)
    kernels = tf.random.stateless_uniform((2,), seed + 1, 0, len(_KERNELS), dtype=tf.int32)

    def degraded() -> tf.Tensor:
        share = tf.random.stateless_uniform((2,), seed + 2)
        size = tf.cast(_between((recipe.degraded_size, IMAGE_SIZE), share[0]), tf.int32)
        quality = tf.cast(_between((recipe.degraded_quality, HIGHEST_QUALITY), share[1]), tf.int32)
        small = resized(cropped, size, kernels[1])
        stored = tf.io.decode_jpeg(
            tf.raw_ops.EncodeJpegVariableQuality(images=tf.cast(tf.round(small), tf.uint8), quality=quality), channels=3
        )
        return tf.cast(stored, tf.float32)

    picture = tf.cond(draw[11] < recipe.degraded_share, degraded, lambda: cropped)
    picture = resized(picture, IMAGE_SIZE, kernels[0])
    picture = tf.cond(
        draw[18] < recipe.sharpness_share, lambda: sharpened(picture, _between((BLUR, recipe.sharpness), draw[19])), lambda: picture
    )
    return tf.ensure_shape(picture, IMAGE_SHAPE)


def crop(image: tf.Tensor, draw: tf.Tensor, recipe: Recipe = RAGAM) -> tf.Tensor:
    """A part of `image` (height, width, 3), of the recipe's areas and aspects, from four numbers in [0, 1)."""
    area = _between((recipe.crop_area, 1.0), draw[0])
    aspect = tf.exp(_between((-np.log(recipe.crop_aspect), np.log(recipe.crop_aspect)), draw[1]))
    share = tf.minimum(tf.stack([tf.sqrt(area / aspect), tf.sqrt(area * aspect)]), 1.0)
    size = tf.cast(tf.round(share * IMAGE_SIZE), tf.int32)
    start = tf.cast(draw[2:4] * tf.cast(IMAGE_SIZE - size + 1, tf.float32), tf.int32)
    return image[start[0] : start[0] + size[0], start[1] : start[1] + size[1]]


def recoloured(image: tf.Tensor, draw: tf.Tensor, recipe: Recipe = RAGAM) -> tf.Tensor:
    """`image` in other light: brightness, contrast, saturation and a gain for each channel, from six numbers in [0, 1).

    All four are linear in the colour, so they are one 3x3 matrix and an offset. float32 in [0, 255].
    """
    signed = 2 * draw - 1
    luma = tf.constant([_LUMA] * 3)
    saturation = 1 + recipe.saturation * signed[0]
    mix = saturation * tf.eye(3) + (1 - saturation) * luma
    gain = (1 + recipe.channel_gain * signed[1:4]) * (1 + recipe.brightness * signed[4])
    contrast = 1 + recipe.contrast * signed[5]
    pixels = tf.cast(image, tf.float32)
    matrix = tf.transpose(mix * gain[:, None])
    # The gray that contrast turns around is the picture's own, so that brightness is left to brightness.
    gray = tf.reduce_mean(tf.tensordot(tf.reduce_mean(pixels, axis=(0, 1)), matrix, 1))
    changed = tf.reshape(tf.reshape(pixels, (-1, 3)) @ (contrast * matrix), tf.shape(pixels))
    return tf.clip_by_value(changed + (1 - contrast) * gray, 0.0, 255.0)


def framed(image: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
    """`image` in a plain frame of one colour, from four numbers in [0, 1): its width and its colour."""
    width = tf.cast(_between(FRAME, draw[0]), tf.int32)
    colour = tf.cast(255 * draw[1:4], image.dtype)
    inner = tf.pad(image, [[width, width], [width, width], [0, 0]])
    inside = tf.pad(tf.ones_like(image[:, :, :1], dtype=tf.bool), [[width, width], [width, width], [0, 0]])
    return tf.where(inside, inner, colour)


def curved(image: tf.Tensor, draw: tf.Tensor, recipe: Recipe = RAGAM) -> tf.Tensor:
    """`image` float32 in [0, 255] by a gamma curve from a number in [0, 1): other exposure, black and white stay."""
    return 255.0 * tf.pow(image / 255.0, tf.exp(recipe.gamma * (2 * draw - 1)))


def sharpened(image: tf.Tensor, amount: tf.Tensor) -> tf.Tensor:
    """`image` float32 (h, w, 3) with `amount` times what a Gaussian of one pixel takes away added; below 0 it is blurred."""
    line = np.exp(-(np.arange(-2, 3) ** 2) / 2)
    kernel = tf.constant(np.outer(line, line) / line.sum() ** 2, tf.float32)
    padded = tf.pad(image[None], [[0, 0], [2, 2], [2, 2], [0, 0]], mode="SYMMETRIC")
    blurred = tf.nn.depthwise_conv2d(padded, tf.tile(kernel[:, :, None, None], [1, 1, 3, 1]), [1, 1, 1, 1], "VALID")[0]
    return tf.clip_by_value(image + amount * (image - blurred), 0.0, 255.0)


def resized(image: tf.Tensor, size: tf.Tensor | int, kernel: tf.Tensor) -> tf.Tensor:
    """`image` as float32 (size, size, 3) in [0, 255] by the kernel of that number, antialiased as Pillow does."""

    def by(method: str) -> tf.Tensor:
        return tf.cast(tf.image.resize(image, (size, size), method, antialias=True), tf.float32)

    # The method is bound at once: tf.switch_case calls only one of these, later.
    return tf.clip_by_value(tf.switch_case(kernel, [lambda method=method: by(method) for method in _KERNELS]), 0.0, 255.0)


def _between(limits: tuple[float, ...], share: tf.Tensor) -> tf.Tensor:
    return limits[0] + (limits[1] - limits[0]) * share


AUGMENTATIONS = {"paper": paper, "ragam": ragam}
