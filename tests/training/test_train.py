import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import shallow

from training import measure
from training.__main__ import main
from training.callbacks import Row
from training.compiled import BalancedAccuracy
from training.config import PAPER, RAGAM, StageError
from training.data import class_weights, load
from training.fit import START, fit, kept, outputs_of, why_stopped
from training.model import build
from training.progress import Progress
from training.tell import kept_in_words
from training.train import start_or_resume

Training = Callable[..., list[str]]

# The command, on the shallow trunk, killed after the second epoch when some of its files are written and others are not.
KILLED = """
import os, signal, sys
sys.path.insert(0, "tests/training")
import shallow, keras
from training.__main__ import main
shallow.use()
logged = keras.callbacks.CSVLogger.on_epoch_end
def log(self, epoch, logs):
    logged(self, epoch, logs)
    if epoch == 1:
        os.kill(os.getpid(), signal.SIGKILL)
keras.callbacks.CSVLogger.on_epoch_end = log
sys.exit(main({arguments!r}))
"""


def history_of(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def weights_of(run: Path) -> list[np.ndarray]:
    return keras.models.load_model(run / "model.keras", compile=False).get_weights()


def learned(run: Path) -> list[bool]:
    """Which of the kept model's weights differ from those before the main phase."""
    end = keras.models.load_model(run / "model.keras", compile=False)
    start = keras.models.clone_model(end)
    start.load_weights(run / START)
    return [not np.array_equal(a, b) for a, b in zip(start.get_weights(), end.get_weights(), strict=True)]


def test_a_run_writes_what_its_docstring_says(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names >= {"accuracy.png", "asked.json", "history.csv", "logs", "loss.png", "model.keras", "run.json", START}
    assert not [name for name in names if name in {"checkpoints", "work"} or ".part" in name]
    assert [row["epoch"] for row in history_of(trained)] == ["0", "1"]
    facts = json.loads((trained / "run.json").read_text())
    assert facts["stopped"] == "all 2 epochs are done"
    assert list((trained / "logs").iterdir())


def test_it_learns_in_the_main_phase(trained: Path) -> None:
    changed = learned(trained)
    assert any(changed[:-4]), "the convolutions did not learn"
    assert all(changed[-4:]), "the head did not learn"
    assert not changed[0], "the first convolution is not to learn"


def test_a_finished_run_is_not_trained_again(training_on: Training, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (trained / "model.keras").read_bytes()
    assert main(training_on(trained)) == 0
    assert "holds this run, finished" in capsys.readouterr().out
    assert main(training_on(trained, "--epochs", "3")) == 2
    assert "holds a run with another recipe" in capsys.readouterr().err
    assert (trained / "model.keras").read_bytes() == before


def test_killed_and_resumed_ends_as_if_it_had_not_been(training_on: Training, trained: Path, shallow_trunk: None, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    program = KILLED.format(arguments=training_on(out))
    process = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).resolve().parents[2], capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr[-2000:]
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["0001"]
    assert not (out / "run.json").exists()

    assert main(training_on(out)) == 0
    for expected, resumed in zip(history_of(trained), history_of(out), strict=True):
        assert {**resumed, "seconds": ""} == pytest.approx({**expected, "seconds": ""})
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(weights_of(trained), weights_of(out), strict=True))


def test_the_epoch_of_the_lowest_validation_loss_is_kept_over_a_restart(dataset: Path, shallow_trunk: None, tmp_path: Path) -> None:
    data = load(dataset)
    train, validation = data.part("train"), data.part("validation")
    recipe = replace(PAPER, learning_rate=0.1)
    for epochs in (1, 3):
        recipe = replace(recipe, epochs=epochs)
        rows, _ = fit(recipe, train, validation, genre_count=7, weights=None, seed=0, out=tmp_path)
    losses = [row["val_loss"] for row in rows]
    assert len(losses) == 3
    model, epoch, _ = kept(recipe, 7, tmp_path, rows)
    assert epoch == np.argmin(losses) + 1
    scores = outputs_of(model, validation.pixels)
    assert measure.loss(scores, validation.labels) == pytest.approx(min(losses), rel=1e-3)
    assert measure.balanced_accuracy(scores, validation.labels) == pytest.approx(rows[epoch - 1]["val_balanced_accuracy"])


@pytest.fixture(scope="module")
def interrupted(training_on: Training, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the paper's recipe, with Ctrl-C in its second epoch."""

    def interrupt(_: object, epoch: int, logs: Row | None = None) -> None:
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)

    out = tmp_path_factory.mktemp("run") / "interrupted"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, "MobileNetV2", shallow.trunk)
        patch.setattr(keras.callbacks.CSVLogger, "on_epoch_begin", interrupt)
        assert main(training_on(out, "--recipe", "paper", "--epochs", "5000")) == 0
    return out


def test_ctrl_c_keeps_the_best_so_far(interrupted: Path) -> None:
    facts = json.loads((interrupted / "run.json").read_text())
    assert facts["stopped"] == "interrupted"
    assert facts["kept_epoch"] == facts["epochs"] == 1


def test_the_papers_recipe_trains_the_head_alone(interrupted: Path) -> None:
    changed = learned(interrupted)
    assert changed == [False] * (len(changed) - 4) + [True] * 4


def test_another_recipe_does_not_go_on_in_the_same_folder(
    training_on: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "asked.json").write_text('{"recipe": {}, "seed": 5}')
    (tmp_path / "checkpoints" / "0001").mkdir(parents=True)
    assert main(training_on(tmp_path)) == 2
    assert "another" in capsys.readouterr().err


def test_a_start_that_failed_refuses_no_other(tmp_path: Path) -> None:
    start_or_resume(tmp_path / "run", {"weights": "no.h5"})
    (tmp_path / "run" / START).write_bytes(b"of a head that was trained for the other")
    start_or_resume(tmp_path / "run", {"weights": "none"})
    assert json.loads((tmp_path / "run" / "asked.json").read_text()) == {"weights": "none"}
    assert not (tmp_path / "run" / START).exists()


def test_weights_that_cannot_be_downloaded_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*, weights: str | None, **_: object) -> object:
        if weights == "imagenet":
            raise Exception("URL fetch failure on https://example.org: None -- Name or service not known")  # noqa: TRY002 - as Keras does
        return object()

    monkeypatch.setattr(keras.applications, "MobileNetV2", fails)
    with pytest.raises(StageError, match=r"The weights 'imagenet' could not be loaded: URL fetch failure .* Give --weights a weight file"):
        build(7, "imagenet", 0)


def test_of_equal_shares_the_largest_is_kept_and_the_tie_is_said() -> None:
    assert "Kept the weights of epoch 3: 50%, 100% did equally well" in kept_in_words(
        3, {"0.2": 0.3, "0.5": 0.4, "1.0": 0.4, "chosen": 1.0}
    )
    assert kept_in_words(2, {"0.2": 0.5, "1.0": 0.4, "chosen": 0.2}) == (
        "Kept a mean of the weights of epoch 2, for 20%, and of those before the main phase, for 80%, which did best on what chooses."
    )
    assert kept_in_words(2, {"chosen": 1.0}) == "Kept the weights of epoch 2."
    assert kept_in_words(0, {"chosen": 0.0}).startswith("Kept the weights from before")


def test_a_folder_with_other_things_is_left_alone(training_on: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("costly")
    assert main(training_on(tmp_path)) == 2
    assert "holds no run" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_the_paper_stops_at_both_accuracies_and_without_a_lower_loss() -> None:
    low = {"accuracy": 0.9, "val_accuracy": 0.79, "val_loss": 1.0}
    assert why_stopped(PAPER, []) is None
    assert why_stopped(PAPER, [low]) is None
    assert "reached 80%" in str(why_stopped(PAPER, [{**low, "val_accuracy": 0.8}]))
    higher = {**low, "val_loss": 1.1}
    assert why_stopped(PAPER, [low] + [higher] * 9) is None
    assert "no lower validation loss for 10 epochs" in str(why_stopped(PAPER, [low] + [higher] * 10))
    assert why_stopped(RAGAM, [low] * RAGAM.epochs) == f"all {RAGAM.epochs} epochs are done"


@pytest.mark.parametrize("as_json", [False, True])
def test_an_epoch_is_told_as_a_line_with_the_time_left_or_as_json(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("epoch", as_json=as_json)
    progress.set_params({"epochs": 3, "steps": 2})
    logs = {"loss": np.float32(1.25), "val_accuracy": 0.5, "val_balanced_accuracy": 0.25, "seconds": 3.0}
    for epoch in (1, 2):  # the first was done before
        progress.on_epoch_begin(epoch)
        progress.on_train_batch_end(0, logs={"loss": 1.5})
        progress.on_epoch_end(epoch, logs)
    told = capsys.readouterr().out.splitlines()
    if as_json:
        assert json.loads(told[0]) == {"stage": "train", "phase": "epoch", "epoch": 2, **logs}
    else:
        assert told[0].startswith("epoch 2/3: loss 1.250, validation accuracy 0.500, validation balanced accuracy 0.250; ")
        assert told[1].endswith("; 0 s left")


def test_balanced_accuracy_is_the_scorecards() -> None:
    metric = BalancedAccuracy(4)
    random = np.random.default_rng(0)
    labels, scores = random.integers(0, 3, 30), random.random((30, 4))
    for half in (slice(0, 11), slice(11, 30)):
        metric.update_state(np.eye(4)[labels[half]], scores[half])
    assert float(metric.result()) == pytest.approx(measure.balanced_accuracy(scores, labels))


def test_class_weights_give_every_genre_the_same_say() -> None:
    labels = np.array([0, 0, 0, 1])
    weights = class_weights(labels, 3)
    assert weights[0] * 3 == pytest.approx(weights[1] * 1)
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1)
    assert weights[2] == 0
