"""The served weights in a Keras model of the paper's architecture, for the peers that would have one.

    python -m benchmarks.bench.keras_weights model_repository/painting_genre/2 model.keras

The SavedModel holds its weights as constants named after the layers that they came from, each batch norm folded into the convolution
before it, the temperature into the logits. So here each convolution takes the folded kernel, and the batch norm behind it does nothing but
add the folded bias: the paper's layers, its cost, the served answers.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from gateway.contract import CLASSES_OUTPUT, IMAGE_SHAPE, PREDICT_SIGNATURE, SCORES_OUTPUT
from training.model import HIDDEN, LOGITS, build

LARGEST_DIFFERENCE = 1e-4

Constants = dict[str, npt.NDArray[np.float32]]


class Mismatch(Exception):
    """The SavedModel is not laid out as training/freeze.py writes it."""


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    loaded = tf.saved_model.load(source)
    classify = loaded.signatures[PREDICT_SIGNATURE]
    pictures = np.random.default_rng(0).uniform(-1, 1, (4, *IMAGE_SHAPE)).astype(np.float32)
    answer = classify(tf.constant(pictures))
    model = rebuild(constants_of(source / "saved_model.pb"), answer[CLASSES_OUTPUT].shape[1])
    difference = float(np.abs(model.predict(pictures, verbose=0) - answer[SCORES_OUTPUT].numpy()).max())
    if difference > LARGEST_DIFFERENCE:
        raise Mismatch(f"The Keras model's scores differ from the SavedModel's by {difference:.1e}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    model.save(target)
    print(f"{target}: scores differ from the SavedModel's by at most {difference:.1e}.")


def rebuild(constants: Constants, genres: int) -> keras.Model:
    """Raises Mismatch where a layer's weights are missing or of another shape."""
    model = build(genres, None, 0)
    made_by = {id(layer.output): layer.name for layer in model.layers}
    try:
        for layer in model.layers:
            if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
                layer.set_weights([constants[f"{layer.name}/kernel"]])
            elif isinstance(layer, keras.layers.BatchNormalization):
                bias = constants[f"{made_by[id(layer.input)]}/bias"]
                layer.set_weights([np.full_like(bias, np.sqrt(1 + layer.epsilon)), bias, np.zeros_like(bias), np.ones_like(bias)])
        for layer in (model.get_layer(HIDDEN), model.get_layer(LOGITS)):
            layer.set_weights([_only(constants, weight.shape) for weight in layer.weights])
    except (KeyError, ValueError) as error:
        raise Mismatch(f"The SavedModel's constants do not fit the paper's layers: {error}") from error
    return model


def constants_of(file: Path) -> Constants:
    """Kernels and biases by the layer's name, what belongs to no layer by its own."""
    message = saved_model_pb2.SavedModel()
    message.ParseFromString(file.read_bytes())
    functions = message.meta_graphs[0].graph_def.library.function
    nodes = max((function.node_def for function in functions), key=lambda nodes: sum(node.op == "Conv2D" for node in nodes))
    found: Constants = {}
    for node in nodes:
        if node.op == "Const":
            # Such as functional_1/Conv1_1/convolution/ReadVariableOp/resource: a model, its layer, and Reshape where it is the bias.
            parts = [*str(node.name).split("/"), "", ""]
            kind = "bias" if parts[2] == "Reshape" else "kernel"
            name = f"{parts[1].removesuffix('_1')}/{kind}" if "resource" in parts else str(node.name)
            found[name] = tf.make_ndarray(node.attr["value"].tensor)
    return found


def _only(constants: Constants, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """The constant of this shape: the head's are of shapes that no convolution has."""
    [found] = [constant for constant in constants.values() if constant.shape == shape]
    return found


if __name__ == "__main__":
    main()
