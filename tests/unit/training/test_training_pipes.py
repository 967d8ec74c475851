"""A pipe where a stage reads a file: a sentence, where the reading would wait for the pipe's other end for ever."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training import data, evaluate, export, last, options, predictions, runs, store, teach, tracking, trust
from training.__main__ import main
from training.config import StageError
from training.files import regular
from training.tables import read_table


@pytest.mark.parametrize("name", ["manifest.csv", "metadata.csv", "pictures.csv"])
def test_a_table_that_is_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert main(["prepare", "--data", str(tmp_path), "--out", str(tmp_path / "set")]) == 2
    assert f"{name} cannot be read: a named pipe." in capsys.readouterr().err


def test_a_recipe_that_is_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "recipe.toml")
    assert main(["config", "--config", str(tmp_path / "recipe.toml")]) == 2
    assert "recipe.toml cannot be read: a named pipe." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("corrections.csv", lambda folder: read_table(folder / "corrections.csv")),
        ("recipe.toml", lambda folder: options.read(folder / "recipe.toml")),
        ("dataset.json", data.load),
        ("run.json", runs.facts_of),
        ("run.json", last.read_run),
        ("scorecard.json", export.read_scorecard),
        ("predictions.csv", predictions.read),
        ("likeness.npz", lambda folder: trust.read_likeness(folder / "likeness.npz")),
        ("validated.npz", trust.read_validated),
        ("seen.npz", lambda folder: trust.seen(folder, "a")),
        ("seen.npz", lambda folder: evaluate.read_typicality(folder, {}, "")),
    ],
)
def test_what_a_stage_reads_is_no_pipe(tmp_path: Path, name: str, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(StageError):
        read(tmp_path)


@pytest.mark.parametrize("name", ["rows.csv", "pixels.npy"])
def test_a_dataset_of_pipes(tmp_path: Path, name: str) -> None:
    (tmp_path / "dataset.json").write_text("{}")
    (tmp_path / "rows.csv").write_text("")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(StageError, match="is no dataset: a named pipe"):
        data.load(tmp_path)
    assert not store.made_before(tmp_path, [])


def test_soft_labels_that_are_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "soft.npz")
    dataset = data.Dataset((), {}, "", np.zeros(0, np.uint8), ())
    with pytest.raises(StageError, match="holds no soft labels: a named pipe"):
        teach.taught(tmp_path / "soft.npz", dataset, 0.5)


def test_a_history_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.csv")
    with pytest.raises(OSError, match="a named pipe"):
        tracking.epochs(tmp_path / "history.csv")


def test_a_link_to_a_file_is_read_and_a_device_is_not(tmp_path: Path) -> None:
    shutil.copy(__file__, tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert regular(tmp_path / "link") == tmp_path / "link"
    for other, told in (("/dev/zero", "a device"), (tmp_path, "a folder")):
        with pytest.raises(OSError, match=told):
            regular(Path(other))
