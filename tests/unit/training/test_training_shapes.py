"""Tables, recipes and runs of shapes that nobody expects: a sentence and status 2."""

from pathlib import Path

import pytest

from training.__main__ import main
from training.config import StageError
from training.listing import read, read_further
from training.reading import reading
from training.sources import see_inside


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("phash,sha256", f"{'f' * 40},ab"),
        ("phash,sha256", "-1,ab"),
        ("phash,sha256", "0x1,ab"),
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
    assert "2 of the 2 pictures listed are missing; the first is " in capsys.readouterr().err


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
        'recipe = ["x"]',
        "recipe = {a = 1}",
        "seed = inf",
        f"seed = {'9' * 400}",
        f"dropout = {'1' * 400}",
        "shares = []",
        "shares = [[1]]",
        "cosine = {}",
        f"x = {'[' * 3000}{']' * 3000}",
        '"\\u001b[2J" = 1',
        "backbone = [1]",
    ],
)
def test_a_hostile_recipe_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    assert main(["config", "--config", str(tmp_path / "recipe.toml")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told[:-1].isprintable()


@pytest.mark.parametrize("text", ["[1]", "null", "{}", '{"recipe": 5}', "[" * 100_000, '{"seed": 1e999'])
def test_a_hostile_run_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert main(["runs", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path} cannot be read as a run: ")


def test_whatever_reading_raises_is_a_sentence() -> None:
    for error in (KeyError("a"), OverflowError(), RecursionError(), EOFError(), TypeError("x"), UnicodeError(), OSError(36, "too long")):
        with pytest.raises(StageError, match=r"^a\.json cannot be read: .+\.$"), reading("a.json cannot be read: {cause}."):
            raise error
    with pytest.raises(StageError, match=r"^more exact$"), reading("{cause}"):
        raise StageError("more exact")
