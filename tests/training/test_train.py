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

from training import measure
from training.__main__ import main
from training.callbacks import Row
from training.config import PAPER, RAGAM
from training.data import class_weights, load
from training.fit import START, fit, kept, outputs_of, why_stopped
from training.progress import Progress
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


def test_a_run_writes_what_its_docstring_says_and_learns_in_the_main_phase(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names >= {"accuracy.png", "asked.json", "history.csv", "logs", "loss.png", "model.keras", "run.json", START}
    assert not [name for name in names if name in {"checkpoints", "work"} or ".part" in name]
    assert [row["epoch"] for row in history_of(trained)] == ["0", "1"]
    assert json.loads((trained / "run.json").read_text())["stopped"] == "all 2 epochs are done"
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


def test_ctrl_c_keeps_the_best_so_far_and_the_papers_recipe_trains_the_head_alone(
    training_on: Training, shallow_trunk: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: object, epoch: int, logs: Row | None = None) -> None:
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(keras.callbacks.CSVLogger, "on_epoch_begin", interrupt)
    assert main(training_on(tmp_path / "run", "--recipe", "paper", "--epochs", "5000")) == 0
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["stopped"] == "interrupted"
    assert facts["kept_epoch"] == facts["epochs"] == 1
    changed = learned(tmp_path / "run")
    assert changed == [False] * (len(changed) - 4) + [True] * 4


def test_a_start_that_failed_refuses_no_other(tmp_path: Path) -> None:
    start_or_resume(tmp_path / "run", {"weights": "no.h5"})
    (tmp_path / "run" / START).write_bytes(b"of a head that was trained for the other")
    start_or_resume(tmp_path / "run", {"weights": "none"})
    assert json.loads((tmp_path / "run" / "asked.json").read_text()) == {"weights": "none"}
    assert not (tmp_path / "run" / START).exists()


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [("letter.txt", "costly", "holds no run"), ("asked.json", '{"recipe": {}, "seed": 5}', "holds a run with another")],
)
def test_a_folder_with_other_things_is_left_alone(
    training_on: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, sentence: str
) -> None:
    (tmp_path / "run" / "checkpoints" / "0001").mkdir(parents=True)
    (tmp_path / "run" / file).write_text(text)
    assert main(training_on(tmp_path / "run")) == 2
    assert sentence in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "run").iterdir()} == {file, "checkpoints"}


def test_the_paper_stops_at_both_accuracies_and_without_a_lower_loss() -> None:
    low = {"accuracy": 0.9, "val_accuracy": 0.79, "val_loss": 1.0}
    assert why_stopped(PAPER, []) is None
    assert why_stopped(PAPER, [low]) is None
    assert "reached 80%" in str(why_stopped(PAPER, [{**low, "val_accuracy": 0.8}]))
    higher = {**low, "val_loss": 1.1}
    assert why_stopped(PAPER, [low] + [higher] * 9) is None
    assert "no lower validation loss for 10 epochs" in str(why_stopped(PAPER, [low] + [higher] * 10))
    assert why_stopped(RAGAM, [low] * RAGAM.epochs) == f"all {RAGAM.epochs} epochs are done"


def test_an_epoch_is_told_as_json_or_as_a_line_with_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    logs = {"loss": np.float32(1.25), "val_accuracy": 0.5, "seconds": 3.0}
    for as_json in (True, False):
        progress = Progress("epoch", as_json=as_json)
        progress.set_params({"epochs": 3, "steps": 2})
        progress.on_epoch_begin(2)  # those before were done before
        progress.on_epoch_end(2, logs)
    as_object, line = capsys.readouterr().out.splitlines()
    assert json.loads(as_object) == {"stage": "train", "phase": "epoch", "epoch": 3, **logs}
    assert line == "epoch 3/3: loss 1.250, validation accuracy 0.500; 0 s left"


def test_class_weights_give_every_genre_the_same_say() -> None:
    labels = np.array([0, 0, 0, 1])
    weights = class_weights(labels, 3)
    assert weights[0] * 3 == pytest.approx(weights[1] * 1)
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1)
    assert weights[2] == 0
