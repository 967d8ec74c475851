"""The answers that are known beforehand, in a process of their own, for TensorFlow stays in memory.

    python -m benchmarks.bench.answer model_repository/painting_genre/2 PICTURE...

Prints a JSON list of [genre, confidence, difference]. The preprocessing is the paper's: decoded whole, resized, scaled to [-1, 1]; the
difference is what becomes of the confidence where a JPEG is decoded at a smaller scale, as the gateway does.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from gateway.contract import CLASSES_OUTPUT, IMAGE_SIZE, PREDICT_SIGNATURE, SCORES_OUTPUT
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels, to_tensor


def main() -> None:
    loaded = tf.saved_model.load(sys.argv[1])
    classify = loaded.signatures[PREDICT_SIGNATURE]
    answers = []
    for path in map(Path, sys.argv[2:]):
        whole = to_tensor(np.asarray(Image.open(path).convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE))))
        scaled = to_tensor(to_pixels(open_picture(path.read_bytes(), max_pixels=whole.size * 1000)))
        answer = classify(tf.constant(np.stack([whole, scaled])))
        scores, [genres, _] = answer[SCORES_OUTPUT].numpy(), answer[CLASSES_OUTPUT].numpy()
        best = int(scores[0].argmax())
        answers.append((genres[best].decode(), float(scores[0, best]), float(abs(scores[0, best] - scores[1, best]))))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
