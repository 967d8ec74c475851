"""model.tflite, which the embedded server computes by: it must be there, fit the SavedModel and answer as it does."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from calls import pixels, predict_request, status_of, until
from processes import REAL_MODEL, ROOT, Server

from gateway.contract import CLASSES_OUTPUT, EXPLAIN_SIGNATURE, HEATMAP_OUTPUT, MODEL_NAME, PREDICT_SIGNATURE, SCORES_OUTPUT

FILE = "model.tflite"
PUBLISHED = sorted((path for path in REAL_MODEL.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


@pytest.fixture
def base_path(tmp_path: Path, tiny_model: Callable[..., Path]) -> Path:
    """With version 1."""
    path = tmp_path / MODEL_NAME
    path.mkdir()
    (path / "1").symlink_to(tiny_model())
    return path


def published(model: Path, base_path: Path, change: Callable[[Path], object]) -> Path:
    """Version 2 with another model.tflite."""
    shutil.copytree(model, base_path / ".2")
    change(base_path / ".2" / FILE)
    return (base_path / ".2").rename(base_path / "2")


def error_of(server: Server) -> tuple[int, str]:
    until(lambda: server.states().get(2) == "END")
    [status] = server.status(version=2)
    assert server.predict().model_spec.version.value == 1
    return status.status.error_code, status.status.error_message


@pytest.mark.parametrize("version", PUBLISHED, ids=lambda path: path.name)
def test_a_published_version_answers_as_its_saved_model(start: Callable[..., Server], tmp_path: Path, version: Path) -> None:
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


def test_a_version_without_one_names_the_command_that_makes_it(
    start: Callable[..., Server], tiny_model: Callable[..., Path], base_path: Path
) -> None:
    server = start(base_path)
    version = published(tiny_model("--seed=1"), base_path, Path.unlink)
    command = f"python -m training lite {version}"
    assert error_of(server) == (5, f"{version} has no model.tflite. Make it with `{command}`.")
    subprocess.run([sys.executable, *command.split()[1:]], cwd=ROOT, check=True, capture_output=True)
    until(lambda: server.predict().model_spec.version.value == 2)


@pytest.mark.parametrize("cut", [0, 100, -100], ids=["empty", "its-head", "all-but-its-end"])
def test_one_that_is_cut_short(start: Callable[..., Server], tiny_model: Callable[..., Path], base_path: Path, cut: int) -> None:
    server = start(base_path)
    published(tiny_model("--seed=1"), base_path, lambda file: file.write_bytes(file.read_bytes()[:cut]))
    code, message = error_of(server)
    assert code == 9
    assert message.startswith("model.tflite cannot be served: LiteRT cannot run it: ")
    assert "\n" not in message


def test_one_with_another_input(start: Callable[..., Server], tiny_model: Callable[..., Path], base_path: Path) -> None:
    server = start(base_path)
    other = tiny_model("--input-name=picture", "--no-warmup") / FILE
    published(tiny_model("--seed=1"), base_path, lambda file: shutil.copy(other, file))
    reason = "signature explain has the inputs picture, in the SavedModel image"
    assert error_of(server) == (9, f"model.tflite cannot be served: {reason}. `python -m training lite` makes it anew.")


def test_one_that_is_cut_short_while_it_is_served(start: Callable[..., Server], tiny_model: Callable[..., Path], tmp_path: Path) -> None:
    shutil.copytree(tiny_model(), tmp_path / "1")
    server = start(tmp_path)
    (tmp_path / "1" / FILE).write_bytes(b"")
    assert status_of(server.predict) == ("OK", "")
