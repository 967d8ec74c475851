"""The network, and the served graph against it: on the paper's network, with random weights."""

from pathlib import Path

import keras
import numpy as np
import pytest
import shallow
import tensorflow as tf

from gateway.contract import EXPLAIN_SIGNATURE, HEATMAP_OUTPUT
from training import freeze, model
from training.config import StageError

RECIPE_START = "block_6_expand"


@pytest.fixture(scope="module")
def seven() -> keras.Model:
    return model.build(7, None, seed=0)


def test_parameters_are_the_papers(seven: keras.Model) -> None:
    assert seven.count_params() == 2_422_855
    assert sum(int(np.prod(weight.shape)) for weight in seven.trainable_weights) == 164_871


def test_batch_norm_never_learns_and_keeps_its_statistics(seven: keras.Model) -> None:
    model.train_from(seven, RECIPE_START)
    try:
        learning = [layer.name for layer in seven.layers if layer.trainable and layer.weights]
        assert learning[0] == RECIPE_START
        assert not [layer for layer in seven.layers if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
        norm = seven.get_layer("bn_Conv1")
        before = norm.get_weights()
        seven(np.random.default_rng(0).uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32), training=True)
        assert all(np.array_equal(a, b) for a, b in zip(before, norm.get_weights(), strict=True))
    finally:
        model.train_from(seven, None)


def test_head_and_trunk_together_are_the_model(shallow_trunk: None) -> None:
    seven = model.build(7, None, seed=0)
    pictures = np.random.default_rng(1).uniform(-1, 1, (3, 224, 224, 3)).astype(np.float32)
    features = model.trunk_features(seven).predict_on_batch(pictures)
    assert np.allclose(model.head(seven).predict_on_batch(features), seven.predict_on_batch(pictures), atol=1e-6)


def test_weights_that_cannot_be_had_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*, weights: str | None, **_: object) -> object:
        if weights == "imagenet":
            raise Exception("URL fetch failure on https://example.org: None -- Name or service not known")  # noqa: TRY002 - as Keras does
        return shallow.trunk(weights=weights, **_)

    monkeypatch.setattr(keras.applications, "MobileNetV2", fails)
    (tmp_path / "odd.weights.h5").write_bytes(b"no weights")
    with pytest.raises(StageError, match=r"The weights 'imagenet' could not be loaded: URL fetch failure .* Give --weights a weight file"):
        model.build(7, "imagenet", 0)
    with pytest.raises(StageError, match="could not be loaded"):
        model.build(7, str(tmp_path / "odd.weights.h5"), seed=0)


@pytest.fixture(scope="module")
def feature_map(seven: keras.Model) -> keras.Model:
    return keras.Model(seven.input, seven.get_layer(model.FEATURE_MAP).output)


def noisy(seed: int, count: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 224, 224, 3)).astype(np.float32)


def test_the_heat_map_is_the_gradient_of_the_best_logit(seven: keras.Model, feature_map: keras.Model) -> None:
    pictures = noisy(1)
    _, functions = freeze.signatures(seven, tuple("abcdefg"), temperature=1.7)
    found = functions[EXPLAIN_SIGNATURE](tf.constant(pictures))[HEATMAP_OUTPUT].numpy()

    with tf.GradientTape() as tape:
        features = tf.constant(feature_map.predict_on_batch(pictures))
        tape.watch(features)
        x = tf.reduce_mean(features, axis=(1, 2))
        best = tf.reduce_max(seven.get_layer(model.LOGITS)(seven.get_layer(model.HIDDEN)(x)), axis=1)
    channels = tf.reduce_mean(tape.gradient(best, features), axis=(1, 2))  # Grad-CAM's weights
    raw = tf.nn.relu(tf.einsum("nhwc,nc->nhw", features, channels)).numpy()
    expected = raw / np.maximum(raw.max(axis=(1, 2), keepdims=True), 1e-30)
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.abs(found - expected).max() <= 1e-3


def test_batch_norm_folds_into_the_same_function(seven: keras.Model) -> None:
    trunk = model.trunk_features(seven)
    random = np.random.default_rng(0)
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape).astype(np.float32) for weight in layer.get_weights()])
    pictures = noisy(0)
    before, after = trunk.predict_on_batch(pictures), freeze.fold_batch_norm(trunk).predict_on_batch(pictures)
    assert np.ptp(before) > 0.1
    assert np.abs(before - after).max() <= 1e-4 * np.abs(before).max()
