from pathlib import Path

import keras
import numpy as np
import pytest

from training import model
from training.config import StageError

RECIPE_START = "block_6_expand"


@pytest.fixture(scope="module")
def seven() -> keras.Model:
    return model.build(7, None, seed=0)


def trainable(built: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in built.trainable_weights)


def test_parameters_are_the_papers(seven: keras.Model) -> None:
    assert seven.count_params() == 2_422_855
    assert trainable(seven) == 164_871


def test_fourteen_genres_only_widen_the_last_layer() -> None:
    assert model.build(14, None, seed=0).count_params() == 2_422_855 + 7 * 129


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


def test_same_seed_same_head_and_another_seed_another(shallow_trunk: None) -> None:
    first, again, other = (model.build(7, None, seed=seed).get_layer(model.HIDDEN).get_weights()[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_blend_runs_from_start_to_end() -> None:
    start, end = [np.zeros(2, np.float32)], [np.array([1, 2], np.float32)]
    assert [model.blend(start, end, share)[0].tolist() for share in (0, 0.5, 1)] == [[0, 0], [0.5, 1], [1, 2]]


def test_weights_that_are_not_there_are_a_mistake(shallow_trunk: None, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="There is no weight file"):
        model.build(7, str(tmp_path / "none.h5"), seed=0)


def test_weights_of_something_else_are_a_mistake(shallow_trunk: None, tmp_path: Path) -> None:
    (tmp_path / "odd.weights.h5").write_bytes(b"no weights")
    with pytest.raises(StageError, match="could not be loaded"):
        model.build(7, str(tmp_path / "odd.weights.h5"), seed=0)
