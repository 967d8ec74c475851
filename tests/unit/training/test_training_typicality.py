"""What typicality reads of pictures that are no paintings."""

import numpy as np
import pytest
from PIL import Image

from training.config import StageError
from training.typicality import CROPS, read_folders


def test_parts_of_a_photograph_are_its_own_and_always_the_same(tmp_path):
    random = np.random.default_rng(0)
    for name in ("a.jpg", "b.png"):
        Image.fromarray(random.integers(0, 256, (320, 480, 3), np.uint8)).save(tmp_path / name)
    others = read_folders([tmp_path])
    assert others.crops.shape == (2, CROPS, 224, 224, 3)
    assert len(np.unique(others.crops.reshape(2 * CROPS, -1), axis=0)) == 2 * CROPS
    assert np.array_equal(others.crops, read_folders([tmp_path]).crops)
    assert others.kinds == [tmp_path.name] * 2


def test_a_folder_without_pictures_is_told(tmp_path):
    with pytest.raises(StageError, match="no JPEG or PNG"):
        read_folders([tmp_path])
