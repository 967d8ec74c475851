"""A process of its own: a SavedModel in LiteRT's form, if that answers the same.

    python -m model_server.conversion VERSION_DIRECTORY FILE

Takes model.tflite of the version directory, or where there is none converts the SavedModel, runs both on the warm-up records and on
some random input, and writes FILE. Exit status 3, with one sentence on stderr, where it cannot be converted or answers otherwise.
The converter needs a gigabyte, which ends with the process.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MODEL_FILE = "model.tflite"
LARGEST_DIFFERENCE = 1e-4
REFUSED = 3

_RANDOM_ROWS = 4


class Refused(Exception):
    """Why TensorFlow has to serve this version, in one sentence."""


def main() -> None:
    # The server may have callers meanwhile.
    os.nice(10)
    path, out = map(Path, sys.argv[1:])
    try:
        difference = convert(path, out)
    except Refused as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(REFUSED)
    sys.stdout.write(f"{difference:.1e}\n")


def convert(path: Path, out: Path) -> float:
    """Writes `out` and returns the largest difference of a value. Raises Refused."""
    import tensorflow as tf

    from model_server.litert import LiteRTServable
    from model_server.predict import NO_DEADLINE_S
    from model_server.saved_model import PREDICT_METHOD
    from model_server.servable import Servable

    tf.get_logger().setLevel(logging.ERROR)
    original = Servable(path, None, tf.compat.v1.ConfigProto())
    names = [name for name, signature in original.signature_defs.items() if signature.method_name == PREDICT_METHOD]
    given = path / MODEL_FILE
    out.write_bytes(given.read_bytes() if given.is_file() else _converted(path, names))
    try:
        converted = LiteRTServable(path, out, None)
    except (ValueError, RuntimeError) as error:
        raise Refused(f"LiteRT cannot run it: {_first_line(error)}") from error
    largest = 0.0
    for name, inputs in _tries(original, path, names):
        expected, answered = (servable.run(name, inputs, NO_DEADLINE_S) for servable in (original, converted))
        for output, values in expected.items():
            largest = max(largest, _difference(output, values, answered.get(output)))
    if not largest <= LARGEST_DIFFERENCE:
        raise Refused(f"LiteRT's answers differ from TensorFlow's by {largest:.1e}, more than {LARGEST_DIFFERENCE:.0e}.")
    return largest


def _converted(path: Path, names: list[str]) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(path), signature_keys=names)
    try:
        model: bytes = converter.convert()
    except Exception as error:
        # The converter raises what it likes, often bare Exception.
        raise Refused(f"it cannot be converted: {_first_line(error)}") from error
    return model


def _tries(servable: Any, path: Path, names: list[str]) -> Iterator[tuple[str, list[Array]]]:
    """Signatures with inputs: the version's own records, and for each signature rows of uniform noise in [-1, 1]."""
    from gateway.contract import PREDICT_SIGNATURE
    from model_server.messages import types_pb2
    from model_server.status import StatusError
    from model_server.tensors import read_inputs
    from model_server.warmup import warmup_requests

    # The server replays the records, and tells of those that are wrong.
    with suppress(StatusError):
        for request in warmup_requests(path):
            name = request.model_spec.signature_name or PREDICT_SIGNATURE
            yield name, read_inputs(servable.signature(name), request.inputs)
    random = np.random.default_rng(0)
    for name in names:
        signature = servable.signature(name)
        infos = [signature.inputs[key] for key in sorted(signature.inputs)]
        shapes = [[dim.size for dim in info.tensor_shape.dim] for info in infos]
        if any(info.dtype != types_pb2.DT_FLOAT for info in infos) or any(shape[:1] != [-1] or -1 in shape[1:] for shape in shapes):
            raise Refused(f"signature {name} takes more than rows of float32.")
        for _ in range(_RANDOM_ROWS):
            # A contrast of its own each, so that the rows are not all alike to the model.
            yield name, [(random.uniform(-1, 1, [1, *shape[1:]]) ** 3 * random.uniform()).astype(np.float32) for shape in shapes]


def _difference(output: str, expected: Array, answered: Array | None) -> float:
    if answered is None or answered.shape != expected.shape:
        raise Refused(f"output {output} is missing or has another shape.")
    if np.issubdtype(expected.dtype, np.floating):
        # NaN compares as larger than every limit.
        return float(np.abs(expected - answered).max(initial=0))
    return 0.0 if np.array_equal(expected, answered) else float("inf")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


if __name__ == "__main__":
    main()
