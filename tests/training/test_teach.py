import io
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from gateway.picture.preprocess import to_tensor
from training import efficientnet
from training.__main__ import main
from training.callbacks import CHECKPOINTS, KEPT
from training.config import RAGAM
from training.data import Part, load
from training.features import features
from training.fit import START, build, kept
from training.measure import balanced_accuracy
from training.teach import probed, taught

Training = Callable[..., list[str]]


def test_weights_are_read_as_pytorch_wrote_them() -> None:
    plain = b"".join(pickle.dumps(one, protocol=2) for one in (1, 1001, {"little_endian": True}))
    # As PyTorch pickles {"turned": a tensor}: of storage 7, of twelve floats, those from the third on, column by column.
    tensor = b"((S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nI12\nNtQI2\n(I2\nI3\nt(I1\nI3\ntI00\n(dt"
    named = b"(dS'turned'\nctorch._utils\n_rebuild_tensor_v2\n" + tensor + b"Rs."
    values = np.int64(12).tobytes() + np.arange(12, dtype="<f4").tobytes()
    read = efficientnet.read(io.BytesIO(plain + named + pickle.dumps(["7"]) + values))
    assert read["turned"].tolist() == [[2, 5, 8], [3, 6, 9]]


class Harm:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("harm",)


def test_a_weight_file_runs_no_code_of_its_own() -> None:
    with pytest.raises(KeyError):
        efficientnet.read(io.BytesIO(pickle.dumps(Harm(), protocol=2)))


def test_without_the_weights_it_is_said_where_they_are(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if efficientnet.installed():
        pytest.fail("The teacher's weights are in this environment, which no requirement file of the tests asks for.")
    assert main(["teach", "--data", str(dataset), "--out", str(tmp_path / "t.npz"), "--weights", "none"]) == 2
    assert "requirements/teacher.txt" in capsys.readouterr().err


def test_frozen_features_are_those_of_the_net(shallow_trunk: None, dataset: Path) -> None:
    pixels = load(dataset).part("validation").pixels
    model = build(7, None, seed=0)
    net = keras.Model(model.input, model.get_layer("features").output)
    assert np.allclose(features(net, pixels), net.predict_on_batch(to_tensor(pixels)), atol=1e-4)


def test_a_teacher_is_learned_from(
    shallow_trunk: None, dataset: Path, training_on: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, run = tmp_path / "teacher.npz", tmp_path / "run"
    monkeypatch.setattr(efficientnet, "trunk", lambda: keras.Model((model := build(7, None, 1)).input, model.get_layer("features").output))
    assert main(["teach", "--data", str(dataset), "--out", str(file), "--weights", "none"]) == 0
    train, about = taught(file, load(dataset), share=0.5)
    assert train.soft is not None
    assert np.allclose(train.soft.sum(axis=1), 1, atol=1e-5)
    # Half is the label itself, so that no picture is learned as another genre.
    assert np.array_equal(train.soft.argmax(axis=1), train.labels)
    assert set(about) == {"efficientnet_lite2", "mobilenet_v2", "mean"}
    assert main(training_on(run, "--teacher", str(file), "--epochs", "1")) == 0
    assert json.loads((run / "run.json").read_text())["teacher"] == json.loads(json.dumps(about))


def test_what_is_said_of_a_picture_was_learned_without_its_artist() -> None:
    """Each artist has a mark of their own beside the noise: a regression that knew the artist would know the genre."""
    random = np.random.default_rng(0)
    artists = np.repeat([f"painter {number}" for number in range(40)], 4)
    labels = np.repeat(random.permutation(np.arange(40) % 2), 4)
    marks = np.repeat(np.eye(40, dtype=np.float32) * 5, 4, axis=0) + random.normal(0, 0.1, (160, 40)).astype(np.float32)
    seen = probed({"train": marks, "test": marks}, labels, np.full(160, 1 / 160), artists)
    assert np.mean(seen["test"].argmax(axis=1) == labels) > 0.95
    assert np.mean(seen["train"].argmax(axis=1) == labels) < 0.7
    assert np.allclose(seen["train"].sum(axis=1), 1, atol=1e-5)


def test_a_teacher_of_another_dataset_is_refused(
    dataset: Path, training_on: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "teacher.npz", scores=np.zeros((3, 7)), dataset=np.array("other"), about=np.array("{}"))
    assert main(training_on(tmp_path / "run", "--teacher", str(tmp_path / "teacher.npz"))) == 2
    assert "was made from another dataset" in capsys.readouterr().err


def test_the_share_that_does_best_on_the_judging_pictures_is_kept(shallow_trunk: None, tmp_path: Path) -> None:
    start, end = build(2, None, seed=1), build(2, None, seed=1)
    # The end calls everything the second genre, the start everything the first; half of the way decides neither.
    for model, bias in ((start, [9.0, -9.0]), (end, [-9.0, 9.5])):
        kernel, _ = model.get_layer("logits").get_weights()
        model.get_layer("logits").set_weights([0 * kernel, np.array(bias)])
    start.save_weights(tmp_path / START)
    (tmp_path / CHECKPOINTS / "0001").mkdir(parents=True)
    end.save_weights(tmp_path / CHECKPOINTS / "0001" / KEPT)
    pixels = np.zeros((4, 224, 224, 3), np.uint8)
    for genre, chosen in ((0, 0.25), (1, 1.0)):
        judged = Part(pixels, np.full(4, genre), ({},) * 4)
        _, _, shares = kept(replace(RAGAM, shares=(0.25, 1.0)), 2, tmp_path, [{"epoch": 0}], (judged,))
        assert shares["chosen"] == chosen
        assert shares[str(chosen)] == balanced_accuracy(np.eye(2)[judged.labels], judged.labels)
