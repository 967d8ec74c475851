from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage

from training import augment


@pytest.fixture(scope="module")
def image(picture: Callable[..., bytes]) -> np.ndarray:
    with Image.open(BytesIO(picture(224, 224, image_format="PNG", seed=3))) as made:
        return np.asarray(made)


@pytest.mark.parametrize("name", augment.AUGMENTATIONS)
def test_the_seed_decides_and_the_result_is_a_picture_of_the_same_size_and_range(name: str, image: np.ndarray) -> None:
    function = augment.AUGMENTATIONS[name]
    first, again, other = (function(tf.constant(image), tf.constant(seed)) for seed in ((1, 2), (1, 2), (1, 3)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    # A graph rounds elsewhere, and a JPEG makes of one level more or less a few in its block.
    in_graph = tf.function(function)
    assert np.abs(first - in_graph(tf.constant(image), tf.constant((1, 2)))).mean() < 0.5
    for number in range(5):
        changed = in_graph(tf.constant(image), tf.constant((number, 7)))
        assert (changed.shape, changed.dtype) == ((224, 224, 3), tf.float32)
        assert 0 <= float(tf.reduce_min(changed)) < float(tf.reduce_max(changed)) <= 255


@pytest.mark.parametrize(
    ("degrees", "shift", "shear", "zoom", "mirrored"),
    [
        (20.0, (0.0, 0.0), 0.0, (1.0, 1.0), False),
        (0.0, (30.0, -12.0), 30.0, (0.8, 1.2), False),
        (-13.0, (-20.0, 40.0), 5.0, (1.1, 0.9), True),
    ],
)
def test_the_affine_map_is_the_one_of_keras(
    degrees: float, shift: tuple[float, float], shear: float, zoom: tuple[float, float], mirrored: bool, image: np.ndarray
) -> None:
    """Keras' ImageDataGenerator documents its matrices over (row, column) and hands them to scipy; so does this."""
    theta, slant = np.radians(degrees), np.radians(shear)
    matrix = (
        np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
        @ np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
        @ np.array([[1, -np.sin(slant), 0], [0, np.cos(slant), 0], [0, 0, 1]])
        @ np.diag([*zoom, 1.0])
    )
    middle = np.array([[1, 0, 111.5], [0, 1, 111.5], [0, 0, 1]])
    around = middle @ matrix @ np.linalg.inv(middle)
    planes = [
        ndimage.affine_transform(image[..., c].astype(float), around[:2, :2], around[:2, 2], order=1, mode="nearest") for c in range(3)
    ]
    expected = np.stack(planes, axis=-1)[:, :: -1 if mirrored else 1]

    found = augment.affine(*(tf.constant(value, tf.float32) for value in (theta, shift, slant, zoom)), tf.constant(mirrored))
    moved = augment.moved(tf.constant(image), found)
    assert np.abs(moved - expected).mean() < 0.1
    assert np.abs(moved - expected).max() < 3


def test_the_papers_settings_stay_in_their_ranges() -> None:
    drawn = np.array([augment.paper_matrix(tf.constant((0, number))) for number in range(300)])
    centre = drawn @ np.array([111.5, 111.5, 1.0]) - np.array([111.5, 111.5, 1.0])
    assert np.abs(centre[:, :2]).max() <= 0.2 * 224 * np.sqrt(2)
    assert np.abs(centre[:, :2]).max() > 0.2 * 224 * 0.9
    scale = np.sqrt(np.abs(np.linalg.det(drawn[:, :2, :2])))
    assert 0.79 < scale.min() < 0.86
    assert 1.14 < scale.max() < 1.21
    assert 0.4 < (np.linalg.det(drawn[:, :2, :2]) < 0).mean() < 0.6


def test_crops_have_the_area_and_aspect_they_should() -> None:
    image = tf.zeros((224, 224, 3), tf.uint8)
    sizes = np.array([augment.crop(image, tf.random.stateless_uniform((4,), (0, number))).shape[:2] for number in range(300)], dtype=float)
    share, aspect = sizes.prod(axis=1) / 224**2, sizes[:, 0] / sizes[:, 1]
    assert 0.34 < share.min() < 0.42
    assert 0.93 < share.max() <= 1
    assert 0.74 < aspect.min() < aspect.max() < 1.35


@pytest.mark.parametrize(
    ("draw", "before", "after"),
    [
        ({}, (100, 140), (100, 140)),
        ({0: 1.0}, (90, 90), (90, 90)),  # saturation leaves gray gray
        ({4: 1.0}, (100, 100), (115, 115)),  # brightness
        ({5: 1.0}, (100, 140), (96, 144)),  # contrast turns around the picture's own gray
    ],
)
def test_colour_changes_by_what_is_drawn(draw: dict[int, float], before: tuple[int, int], after: tuple[int, int]) -> None:
    halves = tf.concat([tf.fill((4, 8, 3), tf.constant(value, tf.uint8)) for value in before], axis=0)
    changed = augment.recoloured(halves, tf.constant([draw.get(place, 0.5) for place in range(6)]))
    assert np.allclose(changed[:4], after[0], atol=0.01)
    assert np.allclose(changed[4:], after[1], atol=0.01)
