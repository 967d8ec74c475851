import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from gateway.contract import (
    CERTAIN_OUTPUT,
    CLASSES_OUTPUT,
    EXPECTED_ACCURACY_OUTPUT,
    EXPLAIN_SIGNATURE,
    HEATMAP_OUTPUT,
    MODEL_NAME,
    PREDICT_SIGNATURE,
    SCORES_OUTPUT,
    SIMILAR_SIGNATURE,
    SIMILARITY_OUTPUT,
    TYPICALITY_OUTPUT,
    WORK_OUTPUT,
    WORKS_OUTPUT,
)
from gateway.picture.preprocess import to_tensor
from training import lite, measure
from training.__main__ import main
from training.config import StageError
from training.data import load
from training.export import answers, through_the_gateway


def export(dataset: Path, run: Path, repository: Path) -> list[str]:
    return ["export", "--data", str(dataset), "--run", str(run), "--repository", str(repository)]


@pytest.fixture(scope="module")
def published(dataset: Path, evaluated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = tmp_path_factory.mktemp("repository")
    assert main(export(dataset, evaluated, repository)) == 0
    return repository / MODEL_NAME / "1"


def test_it_answers_as_the_keras_model_does(dataset: Path, evaluated: Path, published: Path) -> None:
    pictures = through_the_gateway(load(dataset).part("test").pixels)
    temperature = json.loads((evaluated / "scorecard.json").read_text())["temperature"]
    expected = measure.tempered(keras.models.load_model(evaluated / "model.keras").predict(pictures, verbose=0), temperature)
    loaded = tf.saved_model.load(published)
    predicted, explained = (answers(loaded, signature, pictures) for signature in (PREDICT_SIGNATURE, EXPLAIN_SIGNATURE))
    assert set(predicted) == {SCORES_OUTPUT, CLASSES_OUTPUT, TYPICALITY_OUTPUT, CERTAIN_OUTPUT, EXPECTED_ACCURACY_OUTPUT}
    assert set(explained) == {SCORES_OUTPUT, CLASSES_OUTPUT, HEATMAP_OUTPUT}
    assert np.abs(predicted[SCORES_OUTPUT] - expected).max() <= 1e-4
    assert np.array_equal(predicted[SCORES_OUTPUT], explained[SCORES_OUTPUT])
    assert [name.decode() for name in predicted[CLASSES_OUTPUT][-1]] == list(load(dataset).genres)


def test_it_is_small_and_complete(published: Path) -> None:
    assert sum(file.stat().st_size for file in published.rglob("*") if file.is_file()) <= 25_000_000
    extra = published / "assets.extra"
    card = json.loads((extra / "model_card.json").read_text())
    assert card["version"] == 1
    assert "non-commercial" in card["licence"]
    assert card["scorecard"]["test"]["accuracy"]["value"] >= 0
    assert (extra / "labels.txt").read_text().split() == card["genres"]
    # The warm-up asks each signature for one picture, and the first for several.
    records = tf.data.TFRecordDataset(str(extra / "tf_serving_warmup_requests"))
    requests = [PredictionLog.FromString(record.numpy()).predict_log.request for record in records]
    asked = [(request.model_spec.signature_name, tf.make_ndarray(request.inputs["image"]).shape) for request in requests]
    expected = [(PREDICT_SIGNATURE, 1), (PREDICT_SIGNATURE, 8), (EXPLAIN_SIGNATURE, 1), (SIMILAR_SIGNATURE, 1)]
    assert asked == [(name, (batch, 224, 224, 3)) for name, batch in expected]


def test_it_tells_of_its_answers_what_the_run_found(dataset: Path, evaluated: Path, published: Path) -> None:
    test = load(dataset).part("test")
    found = answers(tf.saved_model.load(published), PREDICT_SIGNATURE, through_the_gateway(test.pixels))
    assert found[TYPICALITY_OUTPUT].shape == found[CERTAIN_OUTPUT].shape == found[EXPECTED_ACCURACY_OUTPUT].shape == (len(test.rows),)
    assert np.abs(found[TYPICALITY_OUTPUT] - np.load(evaluated / "seen.npz")["test"]).max() <= 0.01
    trust = json.loads((published / "assets.extra" / "model_card.json").read_text())["trust"]
    kinds = [
        "certain" if sure else "uncertain" if typical >= 0.05 else "untypical"
        for sure, typical in zip(found[CERTAIN_OUTPUT], found[TYPICALITY_OUTPUT], strict=True)
    ]
    assert found[EXPECTED_ACCURACY_OUTPUT].tolist() == pytest.approx([trust["expected_accuracy"][kind]["right"] for kind in kinds])
    assert not (found[CERTAIN_OUTPUT] & (found[TYPICALITY_OUTPUT] < 0.05)).any()


def test_similar_works_are_those_of_the_list_the_nearest_first_and_no_more_than_two_by_one_artist(
    dataset: Path, evaluated: Path, published: Path
) -> None:
    train = load(dataset).part("train")
    found = answers(tf.saved_model.load(published), SIMILAR_SIGNATURE, to_tensor(train.pixels[:6]))
    assert found[WORK_OUTPUT].shape == found[SIMILARITY_OUTPUT].shape == found[WORKS_OUTPUT].shape == (6, 5)
    assert found[WORK_OUTPUT][:, 0].tolist() == list(range(6)), "the nearest to a work is the work itself"
    assert found[SIMILARITY_OUTPUT].max() <= 1.001
    assert (np.diff(found[SIMILARITY_OUTPUT]) <= 1e-6).all()
    lines = (published / "assets.extra" / "works.csv").read_text().splitlines()
    assert lines[0] == "work,artist,title"
    assert len(lines) == 1 + len(train.rows)
    assert [line.split(",")[1] for line in lines[1:7]] == [name.decode().partition("\t")[0] for name in found[WORKS_OUTPUT][:, 0]]
    lite_similar = Interpreter(model_path=str(published / "model.tflite")).get_signature_runner(SIMILAR_SIGNATURE)
    assert lite_similar(image=to_tensor(train.pixels[:1]))[WORKS_OUTPUT].tolist() == found[WORKS_OUTPUT][:1].tolist()


def test_it_answers_alike_in_litert(published: Path) -> None:
    pictures = np.random.default_rng(3).uniform(-1, 1, (4, 224, 224, 3)).astype(np.float32)
    loaded = tf.saved_model.load(published)
    expected = answers(loaded, EXPLAIN_SIGNATURE, pictures)
    explain = Interpreter(model_path=str(published / "model.tflite")).get_signature_runner(EXPLAIN_SIGNATURE)
    answered = explain(image=pictures)
    assert np.array_equal(answered[CLASSES_OUTPUT], expected[CLASSES_OUTPUT])
    for name in (SCORES_OUTPUT, HEATMAP_OUTPUT):
        assert np.abs(answered[name] - expected[name]).max() <= 1e-4
    model = (published / "model.tflite").read_bytes()
    assert lite.check(model, loaded, pictures) <= 1e-4
    with pytest.raises(StageError, match="more than 0e"):
        lite.check(model, loaded, pictures, limit=0)
    with pytest.raises(StageError, match="differ from the SavedModel's by nan"):
        lite.check(model, loaded, np.full_like(pictures, np.nan))


def test_a_version_without_model_tflite_gets_one(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = shutil.copytree(published, tmp_path / "1")
    before = sorted(version.rglob("*"))
    (version / "model.tflite").unlink()
    assert main(["lite", str(version)]) == 0
    assert sorted(version.rglob("*")) == before
    assert "values differ from the SavedModel's by at most" in capsys.readouterr().out
    assert main(["lite", str(tmp_path)]) == 2
    assert "There is no saved_model.pb in" in capsys.readouterr().err


def test_figures_that_are_not_the_scorecards_are_not_published(dataset: Path, evaluated: Path, tmp_path: Path) -> None:
    run = shutil.copytree(evaluated, tmp_path / "run")
    card = json.loads((run / "scorecard.json").read_text())
    card["parts"]["test"]["accuracy"]["value"] += 0.1
    (run / "scorecard.json").write_text(json.dumps(card))
    assert main(export(dataset, run, tmp_path / "repository")) == 2


def test_killed_in_the_middle_it_leaves_no_version_and_the_next_one_is_the_next_version_and_cleans_up(
    dataset: Path, evaluated: Path, published: Path, tmp_path: Path
) -> None:
    versions = shutil.copytree(published.parents[1], tmp_path / "repository") / MODEL_NAME
    (versions / "backup").mkdir()
    arguments = export(dataset, evaluated, versions.parent)
    program = f"""
import os, signal, training.export
training.export.verify = lambda *args, **more: os.kill(os.getpid(), signal.SIGKILL)
from training.__main__ import main
main({arguments!r})
"""
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, check=False)
    assert killed.returncode == -9
    (left,) = {path.name for path in versions.iterdir()} - {"1", "backup"}
    assert not left.isdigit()
    assert (versions / left / "saved_model.pb").exists()

    assert main(arguments) == 0
    assert sorted(path.name for path in versions.iterdir()) == ["1", "2", "backup"]
