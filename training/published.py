"""What a published version says of pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from gateway.contract import CLASSES_OUTPUT, IMAGE_INPUT, MAX_BATCH, PREDICT_SIGNATURE, SCORES_OUTPUT
from gateway.picture.preprocess import to_tensor
from training.config import StageError


def scores_of(version: Path, pixels: npt.NDArray[np.uint8], genres: Sequence[str]) -> npt.NDArray[np.float32]:
    """The scores (n, k) of the version in the folder `version` for uint8 pictures (n, 224, 224, 3).

    Raises StageError where there is none, or one of other genres.
    """
    try:
        ask = tf.saved_model.load(version).signatures[PREDICT_SIGNATURE]
    except OSError as error:
        raise StageError(f"{version} is no published version. Name a folder such as model_repository/painting_genre/2.") from error
    scores = []
    for start in range(0, len(pixels), MAX_BATCH):
        answered = ask(**{IMAGE_INPUT: tf.constant(to_tensor(pixels[start : start + MAX_BATCH]))})
        if [name.decode() for name in answered[CLASSES_OUTPUT][0].numpy()] != list(genres):
            raise StageError(f"{version} has other genres.")
        scores.append(answered[SCORES_OUTPUT].numpy())
    return np.concatenate(scores)
