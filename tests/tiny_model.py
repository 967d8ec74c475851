"""Writes versions that keep the model's contract and cost next to nothing, for the tests that need a model server.

    python tests/tiny_model.py DIR

Each is a version directory DIR/<name>, complete, with its SavedModel and its model.tflite, to be copied and not changed. They are
made together: importing TensorFlow takes far longer than all of them.
The network is a random 1x1 convolution on the picture averaged down to 7x7, softmax of its mean and, for `explain`, the best
genre's map. "whole" has all that a version may have: typicality is the brightness, from a half on it is certain, and each picture
is like the same two works. The seed alone decides the weights, so two seeds tell two versions apart.

The names and shapes are written out here once more on purpose, with no import of the product: the tests that serve this model
notice when contract.py changes.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

GENRES = ("Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism")
SIZE = 224
GRID = 7
WARMUP_BATCHES = (1, 2)

# What `write` makes each of. "first" and "second" answer differently, "wrong" breaks the contract, a call of "slow" takes half
# a second on a fast core, "whole" has what a version may lack.
VERSIONS: dict[str, dict[str, Any]] = {
    "first": {"seed": 1},
    "second": {"seed": 2},
    "wrong": {"input_name": "picture", "warmup": False},
    "slow": {"products": 2000, "warmup": False},
    "whole": {"whole": True},
}


def write(path: Path, *, seed: int = 0, products: int = 0, input_name: str = "image", warmup: bool = True, whole: bool = False) -> None:
    """Write the model as the version directory `path`.

    products: every run multiplies so many matrices first, a quarter of a millisecond each on a fast core: neither runtime has a clock.
    input_name: any other name than `image` makes a model that breaks the contract.
    whole: with the outputs and the signature that a version may lack.
    """
    _convert(path, _save(path, seed, products, input_name, whole))
    if warmup:
        _add_warmup(path, input_name)


def _save(path: Path, seed: int, products: int, input_name: str, whole: bool) -> list[str]:
    """The names of its signatures."""
    random = np.random.default_rng(seed)
    # The last feature is the constant 1, so that gray pictures get scores of their own too.
    kernel = random.normal(scale=3, size=(4, len(GENRES))).astype(np.float32)
    image = tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32, name=input_name)

    def evidence(images: tf.Tensor) -> tf.Tensor:
        """float32 (n, 224, 224, 3) -> (n, 7, 7, k)."""
        if products:
            square = tf.constant(random.normal(scale=1 / 16, size=(256, 256)).astype(np.float32))
            first = square + tf.reduce_mean(images)
            _, last = tf.while_loop(lambda done, _: done < products, lambda done, value: (done + 1, tf.tanh(value @ square)), (0, first))
            images += tf.reduce_mean(last) * 1e-6
        cells = tf.nn.avg_pool2d(images, SIZE // GRID, SIZE // GRID, "VALID")
        features = tf.concat([cells, tf.ones_like(cells[..., :1])], axis=-1)
        return tf.einsum("nyxf,fk->nyxk", features, tf.constant(kernel))

    def prediction(maps: tf.Tensor) -> dict[str, tf.Tensor]:
        scores = tf.nn.softmax(tf.reduce_mean(maps, axis=(1, 2)))
        return {"scores": scores, "classes": tf.tile(tf.constant([GENRES]), (tf.shape(scores)[0], 1))}

    @tf.function(input_signature=[image], autograph=False)
    def serving_default(images: tf.Tensor) -> dict[str, tf.Tensor]:
        answer = prediction(evidence(images))
        if whole:
            brightness = tf.clip_by_value((tf.reduce_mean(images, axis=(1, 2, 3)) + 1) / 2, 0, 1)
            answer |= {"typicality": brightness, "certain": brightness >= 0.5, "expected_accuracy": brightness * 0 + 0.75}
        return answer

    @tf.function(input_signature=[image], autograph=False)
    def explain(images: tf.Tensor) -> dict[str, tf.Tensor]:
        maps = evidence(images)
        answer = prediction(maps)
        best = tf.gather(maps, tf.argmax(answer["scores"], axis=1), axis=3, batch_dims=1)
        low = tf.reduce_min(best, axis=(1, 2), keepdims=True)
        span = tf.reduce_max(best, axis=(1, 2), keepdims=True) - low
        return {**answer, "heatmap": tf.math.divide_no_nan(best - low, span)}

    @tf.function(input_signature=[image], autograph=False)
    def similar(images: tf.Tensor) -> dict[str, tf.Tensor]:
        row = tf.zeros_like(images[:, 0, 0, :1])
        works = tf.tile(tf.constant([["An Artist\tA Title", "\tÉtude"]]), (tf.shape(images)[0], 1))
        return {"similarity": row + tf.constant([[0.75, 0.5]]), "work": tf.cast(row, tf.int32) + tf.constant([[4, 1]]), "works": works}

    signatures = {"serving_default": serving_default, "explain": explain, **({"similar": similar} if whole else {})}
    tf.saved_model.save(tf.Module(), str(path), signatures=signatures)
    return list(signatures)


def _convert(path: Path, signatures: list[str]) -> None:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(path), signature_keys=signatures)
    (path / "model.tflite").write_bytes(converter.convert())


def _add_warmup(path: Path, input_name: str) -> None:
    extra = path / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as records:
        for batch in WARMUP_BATCHES:
            request = PredictRequest()
            request.model_spec.name = "painting_genre"
            request.model_spec.signature_name = "serving_default"
            request.inputs[input_name].CopyFrom(tf.make_tensor_proto(np.zeros((batch, SIZE, SIZE, 3), np.float32)))
            records.write(PredictionLog(predict_log=PredictLog(request=request)).SerializeToString())


if __name__ == "__main__":
    for version, options in VERSIONS.items():
        write(Path(sys.argv[1]) / version, **options)
