"""model.tflite, which the embedded server computes by: it must be there, fit the SavedModel and answer as it does."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calls import pixels, predict_request, status_of, until
from processes import REAL_MODEL, Server

from gateway.contract import CLASSES_OUTPUT, EXPLAIN_SIGNATURE, HEATMAP_OUTPUT, MODEL_NAME, PREDICT_SIGNATURE, SCORES_OUTPUT

FILE = "model.tflite"
PUBLISHED = sorted((path for path in REAL_MODEL.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """With version 1, and others that do not serve."""
    base_path = tmp_path_factory.mktemp(MODEL_NAME)
    (base_path / "1").symlink_to(models["first"])
    server = start(base_path)
    server.base_path = base_path
    return server


def publish(server: Server, model: Path, number: int, change: Callable[[Path], object]) -> Path:
    """Version `number` with another model.tflite."""
    copy = server.base_path / f".{number}"
    shutil.copytree(model, copy)
    change(copy / FILE)
    return copy.rename(server.base_path / str(number))


def error_of(server: Server, number: int) -> tuple[int, str]:
    until(lambda: server.states().get(number) == "END")
    [status] = server.status(version=number)
    assert server.predict().model_spec.version.value == 1
    return status.status.error_code, status.status.error_message


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


def test_one_that_is_cut_short(server: Server, models: dict[str, Path]) -> None:
    for number, cut in enumerate((0, 100, -100), 2):
        publish(server, models["second"], number, lambda file, cut=cut: file.write_bytes(file.read_bytes()[:cut]))
        code, message = error_of(server, number)
        assert code == 9
        assert message.startswith("model.tflite cannot be served: LiteRT cannot run it: ")
        assert "\n" not in message


def test_one_with_another_input(server: Server, models: dict[str, Path]) -> None:
    publish(server, models["second"], 5, lambda file: shutil.copy(models["wrong"] / FILE, file))
    reason = "signature explain has the inputs picture, in the SavedModel image"
    assert error_of(server, 5) == (9, f"model.tflite cannot be served: {reason}. `python -m training lite` makes it anew.")


def test_a_version_without_one_names_the_command_that_makes_it_and_is_served_once_it_is_there(
    server: Server, models: dict[str, Path]
) -> None:
    version = publish(server, models["second"], 6, Path.unlink)
    assert error_of(server, 6) == (5, f"{version} has no model.tflite. Make it with `python -m training lite {version}`.")
    shutil.copy(models["second"] / FILE, version)
    until(lambda: server.predict().model_spec.version.value == 6)
    # It is in memory: cut short now, it is served on.
    (version / FILE).write_bytes(b"")
    assert status_of(server.predict) == ("OK", "")
