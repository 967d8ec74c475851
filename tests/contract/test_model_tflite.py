"""A published version: the embedded server computes by its model.tflite, and answers as its SavedModel does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calls import pixels, predict_request
from processes import REAL_MODEL, Server

from gateway.contract import CLASSES_OUTPUT, EXPLAIN_SIGNATURE, HEATMAP_OUTPUT, PREDICT_SIGNATURE, SCORES_OUTPUT

PUBLISHED = [path for path in REAL_MODEL.iterdir() if path.name.isdigit()]


@pytest.mark.parametrize("version", PUBLISHED, ids=lambda path: path.name)
def test_a_published_version_answers_as_its_saved_model(start: Callable[..., Server], tmp_path: Path, version: Path) -> None:
    import tensorflow as tf

    assert sum(file.stat().st_size for file in version.rglob("*") if file.is_file()) <= 25_000_000
    (tmp_path / version.name).symlink_to(version)
    server = start(tmp_path)
    images = pixels(5) * np.linspace(0.1, 1, 5, dtype=np.float32)[:, None, None, None]
    loaded = tf.saved_model.load(version)
    for signature, outputs in ((PREDICT_SIGNATURE, (SCORES_OUTPUT,)), (EXPLAIN_SIGNATURE, (SCORES_OUTPUT, HEATMAP_OUTPUT))):
        expected = {name: tensor.numpy() for name, tensor in loaded.signatures[signature](image=tf.constant(images)).items()}
        answered = server.predict(predict_request(images, signature_name=signature)).outputs
        assert answered.keys() == expected.keys()
        assert list(answered[CLASSES_OUTPUT].string_val) == expected[CLASSES_OUTPUT].ravel().tolist()
        for name in outputs:
            assert [dim.size for dim in answered[name].tensor_shape.dim] == list(expected[name].shape)
            np.testing.assert_allclose(answered[name].float_val, expected[name].ravel(), atol=1e-4)
