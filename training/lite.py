"""A version's model.tflite, which the embedded model server runs, from its SavedModel.

    python -m training lite VERSION

Reads VERSION/saved_model.pb and writes VERSION/model.tflite beside it, another 10 MB: the same signatures, which share the weights,
and the genres' names. It is written only where its values are the SavedModel's for some made-up pictures. VERSION is a version's
folder, such as model_repository/painting_genre/2; `export` does the same for a new one.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE
from gateway.picture.preprocess import to_tensor
from training.config import StageError
from training.tell import tell
from training.whole import whole

FILE = "model.tflite"
SAVED_MODEL = "saved_model.pb"
LARGEST_DIFFERENCE = 1e-4  # of a value from the SavedModel's
MOST_UNLIKE = 0.02  # of the pictures have another number, name or yes and no: two works may be alike within the rounding
PICTURES = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", type=Path, metavar="VERSION", help="the version's folder, such as model_repository/painting_genre/2")


def run(args: argparse.Namespace) -> None:
    if not (args.version / SAVED_MODEL).is_file():
        raise StageError(
            f"There is no {SAVED_MODEL} in {args.version}. Name a version's folder, such as model_repository/painting_genre/2."
        )
    # TensorFlow takes seconds to import, which `--help` need not wait for.
    import tensorflow as tf

    difference = add(args.version, tf.saved_model.load(args.version), pictures(PICTURES))
    facts = {"file": str(args.version / FILE), "largest_difference": difference}
    tell(args, facts, f"Wrote {args.version / FILE}; values differ from the SavedModel's by at most {difference:.1e}.")


def add(folder: Path, loaded: Any, tried: npt.NDArray[np.float32]) -> float:
    """Write model.tflite beside the SavedModel in `folder`, in one step, and return the largest difference of a value.

    loaded: that SavedModel. Raises StageError where it cannot be converted, or LiteRT differs for `tried` float32 (n, 224, 224, 3).
    """
    model = convert(folder, list(loaded.signatures))
    difference = check(model, loaded, tried)
    try:
        with whole(folder / FILE) as beside:
            beside.write_bytes(model)
    except OSError as error:
        raise StageError(f"{folder / FILE} cannot be written: {error.strerror}.") from error
    return difference


def convert(folder: Path, signatures: list[str]) -> bytes:
    """The SavedModel in `folder` as LiteRT reads it. Raises StageError."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=signatures)
    try:
        model: bytes = converter.convert()
    except Exception as error:
        # The converter raises what it likes, often bare Exception.
        raise StageError(f"{folder} cannot be converted: {str(error).strip().partition(chr(10))[0]}") from error
    return model


def check(model: bytes, loaded: Any, tried: npt.NDArray[np.float32], limit: float = LARGEST_DIFFERENCE) -> float:
    """The largest difference of a value between LiteRT's `model` and the loaded SavedModel for `tried`, one picture a call.

    Raises StageError where it is more than `limit`, or where an output is missing or has another shape or text.
    """
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)
    differences, unlike = [0.0], Counter[tuple[str, str]]()
    for signature, ask in loaded.signatures.items():
        run_lite = interpreter.get_signature_runner(signature)
        for picture in tried:
            row = picture[np.newaxis]
            answered = run_lite(**{IMAGE_INPUT: row})
            for name, tensor in ask(**{IMAGE_INPUT: tf.constant(row)}).items():
                expected, values = tensor.numpy(), answered.get(name)
                if values is None or values.shape != expected.shape:
                    raise StageError(f"LiteRT's output {name} of {signature} is missing or has another shape.")
                if expected.dtype.kind == "f":
                    differences.append(float(np.abs(values - expected).max(initial=0)))
                else:
                    unlike[signature, name] += not np.array_equal(values, expected)
    for (signature, name), count in unlike.items():
        if count > MOST_UNLIKE * len(tried):
            raise StageError(f"LiteRT's {name} of {signature} are not the SavedModel's for {count} of {len(tried)} pictures.")
    largest = float(np.max(differences))
    # NaN is no agreement.
    if not largest <= limit:
        raise StageError(f"LiteRT's values differ from the SavedModel's by {largest:.1e}, more than {limit:.0e}.")
    return largest


def pictures(count: int) -> npt.NDArray[np.float32]:
    """Made-up pictures as the gateway's tensors (n, 224, 224, 3): smooth color fields, finer from one to the next, with some grain."""
    random = np.random.default_rng(0)
    height, width, _ = IMAGE_SHAPE
    pixels = np.empty((count, *IMAGE_SHAPE), np.uint8)
    for index in range(count):
        fields = 2 + index % 12
        coarse = Image.fromarray(random.integers(0, 256, (fields, fields, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.int16)
        pixels[index] = (smooth + random.integers(-12, 13, IMAGE_SHAPE)).clip(0, 255)
    return to_tensor(pixels)
