"""Files of others in the hands of the stages: a sentence and status 2 whatever they hold, and no pipe waited for."""

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
from training.listing import read, read_further
from training.sources import see_inside
from training.tables import read_table

STEERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("phash,sha256", f"{'f' * 40},ab"),
        ("phash,sha256", "-1,ab"),
        ("width,height", f"{'9' * 5000},1"),
        ("width,height", "1e9,1"),
        ("artist,title", f"{'a' * 200_000},x"),
    ],
)
def test_a_hostile_cell_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], head: str, cells: str) -> None:
    (tmp_path / "metadata.csv").write_text(f"path,genre,{head}\na.jpg,A,{cells}\nb.jpg,B,{cells}\n")
    assert main(["prepare", "--data", str(tmp_path), "--out", str(tmp_path / "set")]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{tmp_path}/metadata.csv cannot be read: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("path", ["n" * 5000, "a\0b.jpg", "/dev/zero", "missing.jpg"])
def test_a_path_that_no_picture_has_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str) -> None:
    (tmp_path / "list.csv").write_text(f"path,genre\n{path},A\nb.jpg,B\n")
    assert main(["prepare", "--data", str(tmp_path / "list.csv"), "--out", str(tmp_path / "set")]) == 2
    assert "Not found: 2 of the 2 pictures listed (" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.jpg", "a/../../secret.jpg"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_table_that_came_with_a_folder_names_nothing_outside_of_it(tmp_path: Path, path: str, place: int) -> None:
    folders = [tmp_path / "own", tmp_path / "theirs"]
    for folder in folders:
        folder.mkdir()
        (folder / "metadata.csv").write_text("path,genre\nx.jpg,A\n")
    (folders[place] / "metadata.csv").write_text(f"path,genre\n{path},A\n")

    def see(*data: Path) -> None:
        see_inside(data, read(data[0]).pictures + read_further(data).pictures)

    with pytest.raises(StageError, match=r"outside of its folder|external or absolute"):
        see(*folders)
    if place == 0 or not path.startswith("/"):
        named = [folder / "metadata.csv" if number == place else folder for number, folder in enumerate(folders)]
        see(*named)


@pytest.mark.parametrize(
    "text",
    [
        "recipe = {a = 1}",
        "seed = inf",
        f"seed = {'9' * 400}",
        f"dropout = {'1' * 400}",
        "shares = []",
        "shares = [[1]]",
        f"x = {'[' * 3000}{']' * 3000}",
        '"\\u001b[2J" = 1',
    ],
)
def test_a_hostile_recipe_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    assert main(["config", "--config", str(tmp_path / "recipe.toml")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told[:-1].isprintable()


@pytest.mark.parametrize("text", ["[1]", "{}", '{"recipe": 5}', "[" * 100_000, '{"seed": 1e999'])
def test_a_hostile_run_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert main(["runs", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path} cannot be read as a run: ")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("corrections.csv", lambda folder: read_table(folder / "corrections.csv")),
        ("manifest.csv", read),
        ("pictures.csv", read),
        ("recipe.toml", lambda folder: options.read(folder / "recipe.toml")),
        ("dataset.json", data.load),
        ("rows.csv", data.load),
        ("pixels.npy", data.load),
        ("run.json", runs.facts_of),
        ("run.json", last.read_run),
        ("scorecard.json", export.read_scorecard),
        ("predictions.csv", predictions.read),
        ("history.csv", lambda folder: tracking.epochs(folder / "history.csv")),
        ("soft.npz", lambda folder: teach.taught(folder / "soft.npz", data.Dataset((), {}, "", np.zeros(0, np.uint8), ()), 0.5)),
        ("likeness.npz", lambda folder: trust.read_likeness(folder / "likeness.npz")),
        ("validated.npz", trust.read_validated),
        ("seen.npz", lambda folder: trust.seen(folder, "a")),
        ("seen.npz", lambda folder: evaluate.read_typicality(folder, {}, "")),
    ],
)
def test_what_a_stage_reads_is_no_pipe(tmp_path: Path, name: str, read: Callable[[Path], object]) -> None:
    """The reading would wait for the pipe's other end for ever."""
    (tmp_path / "dataset.json").write_text("{}")
    (tmp_path / "rows.csv").write_text("")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises((StageError, OSError)):
        read(tmp_path)
    assert not store.made_before(tmp_path, [])


def test_a_link_to_a_file_is_read_and_a_device_is_not(tmp_path: Path) -> None:
    shutil.copy(__file__, tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert regular(tmp_path / "link") == tmp_path / "link"
    for other, told in (("/dev/zero", "a device"), (tmp_path, "a folder")):
        with pytest.raises(OSError, match=told):
            regular(Path(other))


@pytest.mark.parametrize("arguments", [["--json"], []])
@pytest.mark.parametrize("table", [f"path,genre\n{STEERS}.jpg,A\n", f"path,genre,{STEERS}\nx.jpg,A{STEERS},\n", f"{STEERS},b\n1,2\n"])
def test_a_table_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, arguments: list[str]) -> None:
    (tmp_path / "metadata.csv").write_text(table)
    assert main(["prepare", "--data", str(tmp_path), "--out", str(tmp_path / "set"), *arguments]) == 2
    told = capsys.readouterr()
    assert told.err
    assert all(line.isprintable() for text in told for line in text.splitlines())
