"""The published model in LiteRT's form too, as TensorFlow Serving's --prefer_tflite_model looks for it: model.tflite beside saved_model.pb.

Both signatures are in it and share the weights; the genres' names as well.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from gateway.contract import EXPLAIN_SIGNATURE, IMAGE_INPUT, PREDICT_SIGNATURE
from training.config import Mistake

FILE = "model.tflite"


def write(folder: Path) -> None:
    """Add model.tflite to the SavedModel in `folder`."""
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=[PREDICT_SIGNATURE, EXPLAIN_SIGNATURE])
    (folder / FILE).write_bytes(converter.convert())


def check(folder: Path, pictures: npt.NDArray[np.float32], limit: float) -> float:
    """The largest difference of a value between model.tflite and the SavedModel for `pictures` float32 (n, 224, 224, 3).

    Raises Mistake where it is more than `limit`, or another text.
    """
    interpreter = Interpreter(model_path=str(folder / FILE))
    loaded = tf.saved_model.load(folder)
    largest = 0.0
    for signature in (PREDICT_SIGNATURE, EXPLAIN_SIGNATURE):
        run, ask = interpreter.get_signature_runner(signature), loaded.signatures[signature]
        for picture in pictures:
            row = {IMAGE_INPUT: picture[np.newaxis]}
            answered = run(**row)
            for name, tensor in ask(**{key: tf.constant(value) for key, value in row.items()}).items():
                expected = tensor.numpy()
                if expected.dtype == object:
                    if not np.array_equal(answered[name], expected):
                        raise Mistake(f"LiteRT's {name} are not the SavedModel's.")
                else:
                    largest = max(largest, float(np.abs(answered[name] - expected).max()))
    if not largest <= limit:
        raise Mistake(f"LiteRT's answers differ from the SavedModel's by {largest:.1e}, more than {limit:.0e}. Export without --tflite.")
    return largest
