"""What the stages write and say: through no link or pipe of somebody else, whole or not at all, and steering no terminal."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training import fingerprints, plots, store
from training.config import StageError
from training.printed import printable, say, say_line, without_passwords
from training.train import write_json
from training.trust import write_arrays
from training.whole import whole

STEERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "hard link"])
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("run.json", lambda path: write_json(path, {"seed": 1})),
        ("seen.npz", lambda path: write_arrays(path, {"a": np.zeros(1)})),
        ("loss.png", lambda path: plots.reliability({}, path)),
    ],
)
def test_what_lies_where_a_file_is_written_is_not_opened(tmp_path: Path, kind: str, name: str, write: Callable[[Path], None]) -> None:
    precious, planted = tmp_path / "precious", tmp_path / f".part.{name}"
    precious.write_text("years of work")
    if kind == "pipe":
        os.mkfifo(planted)
    elif kind == "hard link":
        planted.hardlink_to(precious)
    else:
        planted.symlink_to(precious if kind == "link" else tmp_path / "new")
    write(tmp_path / name)
    assert precious.read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["precious", name])
    assert (tmp_path / name).is_file()
    assert not (tmp_path / name).is_symlink()


def test_what_is_not_written_whole_leaves_what_was_and_what_is_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    file, other = tmp_path / "a.txt", tmp_path / "b.txt"
    for one in (file, other):
        one.write_text("old")

    def fail() -> None:
        with whole(file) as beside:
            beside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]
    assert file.read_text() == "old"
    with whole(file) as beside:
        beside.write_text("new")
    assert file.stat().st_mode == other.stat().st_mode


def test_a_folder_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "work.txt").write_text("years of work")
    (tmp_path / "set.partial").symlink_to(tmp_path / "precious")
    with pytest.raises(StageError, match=r"set cannot be written: File exists\. Nothing was changed there\."):
        store.write(tmp_path / "set", tmp_path, [], [], {})
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["work.txt"]


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe"])
def test_fingerprints_are_appended_to_no_file_of_somebody_else(tmp_path: Path, kind: str) -> None:
    cache, precious = tmp_path / "fingerprints.jsonl", tmp_path / "precious"
    if kind == "pipe":
        os.mkfifo(cache)
    else:
        cache.symlink_to(precious)
    if kind == "link":
        precious.write_text("")
    with pytest.raises(StageError, match=r"fingerprints\.jsonl is no file of its own: remove it"):
        fingerprints.read_all([], cache)
    assert not precious.exists() or not precious.read_text()


def test_what_is_told_steers_no_terminal_and_tells_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"one {STEERS}", "two\nthree \udcff")
    say_line({STEERS: STEERS, "accents": "Répin 日"}, wrong=True)
    told = capsys.readouterr()
    assert told.out.splitlines() == [f"one {printable(STEERS)}", "two", "three \\udcff"]
    assert all(line.isprintable() for text in told for line in text.splitlines())
    assert json.loads(told.err) == {STEERS: STEERS, "accents": "Répin 日"}
    assert "Répin 日" in told.err
    assert without_passwords("no answer of http://u:hunt/er2@mlflow.test/x (http://mlflow.test)") == (
        "no answer of http://mlflow.test/x (http://mlflow.test)"
    )
