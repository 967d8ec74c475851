import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest
import shallow

from training.__main__ import main
from training.checkpoint import Checkpoint
from training.fit import class_weights

Training = Callable[..., list[str]]

# The command, on the shallow trunk.
PROGRAM = """
import os, signal, sys
sys.path.insert(0, "tests/training")
import shallow
from training import fit
from training.__main__ import main
from training.data import batches
shallow.use()
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
{before}
sys.exit(main({arguments!r}))
"""


@pytest.fixture
def shallow_trunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.applications, "MobileNetV2", shallow.trunk)


@contextmanager
def started(arguments: list[str], before: str = "") -> Iterator["subprocess.Popen[str]"]:
    """The training as a process of its own, which runs the statement `before` first and does not outlive the test."""
    program = PROGRAM.format(before=before, arguments=arguments)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_run_writes_what_its_docstring_says(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {"accuracy.png", "checkpoint.npz", "history.csv", "logs", "loss.png", "model.keras", "run.json"} <= names
    assert not [name for name in names if ".part" in name]
    with (trained / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    facts = json.loads((trained / "run.json").read_text())
    assert facts["stopped"] == "all 2 epochs are done"
    assert facts["parameters"] == 2_422_855
    assert list((trained / "logs").iterdir())


def test_it_learns_in_both_phases(trained: Path) -> None:
    checkpoint = Checkpoint.load(trained / "checkpoint.npz")
    changed = [not np.array_equal(a, b) for a, b in zip(checkpoint.start, checkpoint.weights, strict=True)]
    assert any(changed[:-4]), "the convolutions did not learn"
    assert all(changed[-4:]), "the head did not learn"
    assert not changed[0], "the first convolution is not to learn"


def test_a_finished_run_is_not_trained_again(training_on: Training, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(training_on(trained)) == 2
    assert "finished run" in capsys.readouterr().err


def test_killed_and_resumed_ends_as_if_it_had_not_been(training_on: Training, shallow_trunk: None, tmp_path: Path) -> None:
    through, out = tmp_path / "through", tmp_path / "killed"
    assert main(training_on(through)) == 0
    second_epoch_kills = "fit.batches = lambda *part, epoch, **more: batches(*part, epoch=epoch, **more) if epoch < 1 else kill()"
    with started(training_on(out), second_epoch_kills) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert epochs_in(out / "checkpoint.npz") == 1
    assert not (out / "run.json").exists()

    assert main(training_on(out)) == 0
    expected, resumed = Checkpoint.load(through / "checkpoint.npz"), Checkpoint.load(out / "checkpoint.npz")
    assert len(resumed.history) == 2
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(expected.weights, resumed.weights, strict=True))
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(expected.best, resumed.best, strict=True))


def test_ctrl_c_keeps_the_best_so_far(training_on: Training, tmp_path: Path) -> None:
    out = tmp_path / "interrupted"
    with started(training_on(out, "--epochs", "5000")) as process:
        while process.poll() is None and epochs_in(out / "checkpoint.npz") < 1:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate()
    assert process.returncode == 0, complaints[-2000:]
    facts = json.loads((out / "run.json").read_text())
    assert facts["stopped"] == "interrupted"
    assert 1 <= facts["kept_epoch"] <= facts["epochs"] < 5000
    assert (out / "model.keras").exists()


def test_another_recipe_does_not_go_on_in_the_same_folder(
    training_on: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "asked.json").write_text('{"recipe": {}, "seed": 5}')
    assert main(training_on(tmp_path)) == 2
    assert "another" in capsys.readouterr().err


def test_a_folder_with_other_things_is_left_alone(training_on: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert main(training_on(tmp_path)) == 2
    assert "holds no run" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_the_papers_recipe_runs_and_trains_the_head_alone(training_on: Training, shallow_trunk: None, tmp_path: Path) -> None:
    out = tmp_path / "paper"
    assert main(training_on(out, "--recipe", "paper", "--epochs", "1")) == 0
    checkpoint = Checkpoint.load(out / "checkpoint.npz")
    changed = [not np.array_equal(a, b) for a, b in zip(checkpoint.start, checkpoint.weights, strict=True)]
    assert changed == [False] * (len(changed) - 4) + [True] * 4


def test_class_weights_give_every_genre_the_same_say() -> None:
    labels = np.array([0, 0, 0, 1])
    weights = class_weights(labels, 3)
    assert weights[0] * 3 == pytest.approx(weights[1] * 1)
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1)
    assert weights[2] == 0


def epochs_in(file: Path) -> int:
    return len(Checkpoint.load(file).history) if file.exists() else 0
