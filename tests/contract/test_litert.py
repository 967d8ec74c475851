"""--prefer_tflite_model: LiteRT where it answers as TensorFlow does, TensorFlow where not, and nothing written to the repository."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calls import pixels, predict_request
from processes import REAL_MODEL, ROOT, Server

from gateway.contract import CLASSES_OUTPUT, EXPLAIN_SIGNATURE, HEATMAP_OUTPUT, SCORES_OUTPUT

NOT_LITERT = "is served by TensorFlow, not by LiteRT: "


@pytest.fixture
def base_path(tmp_path: Path) -> Path:
    path = tmp_path / "painting_genre"
    path.mkdir()
    return path


def test_both_answer_alike_for_the_real_model(start: Callable[..., Server], litert: tuple[str, ...]) -> None:
    images = pixels(5) * np.linspace(0.1, 1, 5, dtype=np.float32)[:, None, None, None]
    request = predict_request(images, signature_name=EXPLAIN_SIGNATURE)
    servers = [start(REAL_MODEL), start(REAL_MODEL, *litert)]
    assert NOT_LITERT not in servers[1].log.read_text()
    expected, answered = (server.predict(request).outputs for server in servers)
    assert answered[CLASSES_OUTPUT] == expected[CLASSES_OUTPUT]
    for name in (SCORES_OUTPUT, HEATMAP_OUTPUT):
        assert answered[name].tensor_shape == expected[name].tensor_shape
        np.testing.assert_allclose(answered[name].float_val, expected[name].float_val, atol=1e-4)
    assert servers[0].metadata("signature_def") == servers[1].metadata("signature_def")


def test_it_converts_once_and_writes_nothing_beside_the_model(
    start: Callable[..., Server], tiny_model: Callable[..., Path], base_path: Path, tmp_path: Path
) -> None:
    version = shutil.copytree(tiny_model(), base_path / "1")
    before = sorted(version.rglob("*"))
    flags = ("--prefer_tflite_model", f"--tflite_cache_path={tmp_path / 'cache' / 'deep'}")
    logs = [start(base_path, *flags).log.read_text() for _ in range(2)]
    assert ["converted for LiteRT" in log for log in logs] == [True, False]
    assert not any(NOT_LITERT in log for log in logs)
    assert sorted(version.rglob("*")) == before


def test_a_model_tflite_that_answers_otherwise_is_not_served(
    start: Callable[..., Server], tiny_model: Callable[..., Path], litert: tuple[str, ...], base_path: Path
) -> None:
    version = shutil.copytree(tiny_model(), base_path / "1")
    convert = [sys.executable, "-m", "model_server.conversion", str(tiny_model("--seed=1")), str(version / "model.tflite")]
    subprocess.run(convert, cwd=ROOT, check=True, capture_output=True, timeout=60)
    server = start(base_path, *litert)
    assert f"{NOT_LITERT}LiteRT's answers differ from TensorFlow's by " in server.log.read_text()
    assert server.predict().model_spec.version.value == 1


def test_what_litert_cannot_run_is_served_by_tensorflow_and_tried_once(
    start: Callable[..., Server], tiny_model: Callable[..., Path], litert: tuple[str, ...], base_path: Path
) -> None:
    (base_path / "1").symlink_to(tiny_model("--delay-ms=1"))
    for _ in range(2):
        server = start(base_path, *litert)
        assert f"{NOT_LITERT}it cannot be converted: " in server.log.read_text()
        assert server.predict().model_spec.version.value == 1
        server.stop()
