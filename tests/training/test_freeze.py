"""The served graph against the Keras model: on the paper's network, with random weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gateway.contract import CLASSES_OUTPUT, EXPLAIN_SIGNATURE, HEATMAP_OUTPUT, PREDICT_SIGNATURE, SCORES_OUTPUT
from training import freeze, model


@pytest.fixture(scope="module")
def built() -> keras.Model:
    return model.build(7, None, seed=0)


@pytest.fixture(scope="module")
def feature_map(built: keras.Model) -> keras.Model:
    return keras.Model(built.input, built.get_layer(model.FEATURE_MAP).output)


def noisy(seed: int, count: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 224, 224, 3)).astype(np.float32)


def test_the_heat_map_is_the_gradient_of_the_best_logit(built: keras.Model, feature_map: keras.Model) -> None:
    pictures = noisy(1)
    _, functions = freeze.signatures(built, tuple("abcdefg"), temperature=1.7)
    found = functions[EXPLAIN_SIGNATURE](tf.constant(pictures))[HEATMAP_OUTPUT].numpy()

    with tf.GradientTape() as tape:
        features = tf.constant(feature_map.predict_on_batch(pictures))
        tape.watch(features)
        x = tf.reduce_mean(features, axis=(1, 2))
        best = tf.reduce_max(built.get_layer(model.LOGITS)(built.get_layer(model.HIDDEN)(x)), axis=1)
    channels = tf.reduce_mean(tape.gradient(best, features), axis=(1, 2))  # Grad-CAM's weights
    raw = tf.nn.relu(tf.einsum("nhwc,nc->nhw", features, channels)).numpy()
    expected = raw / np.maximum(raw.max(axis=(1, 2), keepdims=True), 1e-30)
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.abs(found - expected).max() <= 1e-3


def test_the_heat_map_is_brightest_where_a_pasted_patch_drives_the_class(built: keras.Model, feature_map: keras.Model) -> None:
    places = [(1, 1), (1, 5), (5, 2)]
    pictures = np.zeros((4, 224, 224, 3), np.float32)
    patch = np.random.default_rng(2).choice([-1, 1], (64, 64, 3))
    for picture, (row, column) in zip(pictures[1:], places, strict=True):
        picture[row * 32 - 16 : row * 32 + 48, column * 32 - 16 : column * 32 + 48] = patch
    # A head that knows one thing: how the middle of the patch differs from an empty picture. It votes for the fourth genre.
    empty, *patched = feature_map.predict_on_batch(pictures)
    direction = np.mean([seen[place] - empty[place] for seen, place in zip(patched, places, strict=True)], axis=0)
    hidden, logits = np.zeros((1280, 128), np.float32), np.zeros((128, 7), np.float32)
    hidden[:, 0] = direction / np.linalg.norm(direction)
    logits[0, 3] = 10
    baseline = np.zeros(128, np.float32)
    baseline[0] = 1 - empty.mean(axis=(0, 1)) @ hidden[:, 0]
    built.get_layer(model.HIDDEN).set_weights([hidden, baseline])
    built.get_layer(model.LOGITS).set_weights([logits, np.zeros(7, np.float32)])
    _, functions = freeze.signatures(built, tuple("abcdefg"), temperature=1.0)
    found = functions[EXPLAIN_SIGNATURE](tf.constant(pictures[1:]))
    assert np.all(found[SCORES_OUTPUT].numpy().argmax(axis=1) == 3)
    heatmaps = found[HEATMAP_OUTPUT].numpy()
    assert [np.unravel_index(heatmap.argmax(), (7, 7)) for heatmap in heatmaps] == places
    assert heatmaps.max(axis=(1, 2)) == pytest.approx(np.ones(3))
    assert heatmaps.min() >= 0


def test_batch_norm_folds_into_the_same_function(built: keras.Model) -> None:
    trunk = model.trunk_features(built)
    random = np.random.default_rng(0)
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape).astype(np.float32) for weight in layer.get_weights()])
    pictures = noisy(0)
    before, after = trunk.predict_on_batch(pictures), freeze.fold_batch_norm(trunk).predict_on_batch(pictures)
    assert np.ptp(before) > 0.1
    assert np.abs(before - after).max() <= 1e-4 * np.abs(before).max()


def test_a_model_alone_is_a_version_of_scores_and_classes(built: keras.Model) -> None:
    _, functions = freeze.signatures(built, tuple("abcdefg"), temperature=1.0)
    assert set(functions) == {PREDICT_SIGNATURE, EXPLAIN_SIGNATURE}
    assert set(functions[PREDICT_SIGNATURE](tf.constant(noisy(0, 1)))) == {SCORES_OUTPUT, CLASSES_OUTPUT}
