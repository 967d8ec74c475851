import csv
import json
import resource
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels
from training.__main__ import main
from training.genres import NAMES_7
from training.sides import EXTERNALS, PARTS
from training.split import SPLITS

Run = Callable[..., Any]
Picture = Callable[..., bytes]
FILES = ("pixels.npy", "rows.csv", "dataset.json")


@pytest.fixture
def run(stage: Run) -> Run:
    return partial(stage, "prepare")


@pytest.fixture
def prepared(run: Run) -> Run:
    def command(*arguments: object) -> Any:
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
        return done

    return command


def rows_of(dataset: Path) -> list[dict[str, str]]:
    with (dataset / "rows.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def folder(tmp_path: Path, picture: Picture) -> Path:
    """Ten pictures of five artists for each genre, and two external ones."""
    folder = tmp_path / "data"
    lines = ["path,genre,artist,title,source,label_source,split,width,height"]
    for seed in range(12 * len(NAMES_7)):
        genre, number = NAMES_7[seed // 12], seed % 12
        path = f"{genre}/{number:02}.jpg"
        (folder / genre).mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(picture(90, 70, seed=seed))
        split = "external" if number >= 10 else "train"
        lines.append(f"{path},{genre},{genre} Painter {number // 2},,made by code,code,{split},900,700")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_the_pixels_are_the_gateways_and_no_artist_is_on_two_sides(prepared: Run, folder: Path, tmp_path: Path) -> None:
    prepared("--data", folder, "--out", tmp_path / "set")
    rows, pixels = rows_of(tmp_path / "set"), np.load(tmp_path / "set" / "pixels.npy")
    assert pixels.shape == (84, 224, 224, 3)
    assert [int(row["pixel"]) for row in rows] == list(range(84))
    for row in rows:
        expected = to_pixels(open_picture((folder / row["path"]).read_bytes()))
        assert np.array_equal(pixels[int(row["pixel"])], expected)
        assert (row["width"], row["height"], row["source"], row["path"].split("/")[0]) == ("900", "700", "made by code", row["genre"])
    sides = {(row["group"], row["split"]) for row in rows}
    assert len(sides) == len({group for group, _ in sides})
    found = Counter(row["split"] for row in rows)
    assert sum(found[split] for split in EXTERNALS) == 14
    assert min(found[split] for split in EXTERNALS) > 0
    about = json.loads((tmp_path / "set" / "dataset.json").read_text())
    assert about["genres"] == list(NAMES_7)
    assert about["counts"] == {
        split: {genre: sum(row["split"] == split and row["genre"] == genre for row in rows) for genre in NAMES_7} for split in PARTS
    }
    assert all(about["counts"][split][genre] for split in SPLITS for genre in NAMES_7)


@pytest.mark.parametrize("split", ["random", "leaky"])
def test_the_same_command_twice_gives_the_same_bytes(prepared: Run, folder: Path, tmp_path: Path, split: str) -> None:
    for out in ("one", "two"):
        prepared("--data", folder, "--out", tmp_path / out, "--split", split, "--per-genre", 8, "--seed", 5)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_unreadable_files_and_leaks_are_left_out_and_said(prepared: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "Realism" / "00.jpg").write_bytes(b"damaged")
    shutil.copy(folder / "Realism" / "11.jpg", folder / "Abstract" / "00.jpg")  # an external one among those to train on
    done = prepared("--data", folder, "--out", tmp_path / "set")
    left = {item["path"]: item for item in json.loads((tmp_path / "set" / "dataset.json").read_text())["left_out"]}
    assert left["Realism/00.jpg"]["reason"].startswith("unreadable")
    assert left["Abstract/00.jpg"] == {"path": "Abstract/00.jpg", "reason": "external, 0 of 64 bits apart", "kept": "Realism/11.jpg"}
    assert len(left) == 2
    assert "Left out: 2" in done.stdout


def test_own_folders_with_corrections(prepared: Run, tmp_path: Path, picture: Picture) -> None:
    for number in range(24):
        file = tmp_path / "own" / ("Op_Art", "Cubism")[number % 2] / f"{number:02}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(90, 70, seed=number))
    # The page's paths begin with the folder that was dropped.
    (tmp_path / "export.csv").write_text("file,verdict\nown/Op_Art/00.jpg,Cubism\n01.jpg,unsure\n99.jpg,Op Art\n")
    done = prepared("--data", tmp_path / "own", "--out", tmp_path / "set", "--corrections", tmp_path / "export.csv")
    assert "of its folders 2 were taken for genres; no folders of artists in them." in done.stdout
    assert "fit no picture: 99.jpg" in done.stdout
    assert "23 of the pictures name no artist" in done.stdout
    assert "what is measured flatters" in done.stdout
    rows = rows_of(tmp_path / "set")
    assert Counter(row["genre"] for row in rows) == {"Op Art": 11, "Cubism": 12}
    assert {row["split"] for row in rows} == set(SPLITS)
    about = json.loads((tmp_path / "set" / "dataset.json").read_text())
    assert (about["genres"], about["without_artist"], about["left_out_by_reason"]) == (["Cubism", "Op Art"], 23, {"judged unsure": 1})


def own_pictures(folder: Path, picture: Picture, artists: int = 12) -> Path:
    """Two pictures each of `artists` artists of two genres, of which that is the paper's that a rule doubts of the last artist."""
    for number in range(4 * artists):
        artist = "Vincent van Gogh" if number >= 4 * artists - 4 else f"Painter {number // 2}"
        file = folder / ("Op_Art", "Realism")[number // 2 % 2] / artist / f"{number:02}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(90, 70, seed=number))
    return folder


def test_a_dataset_that_is_the_same_stays_and_another_is_not_replaced(prepared: Run, run: Run, tmp_path: Path, picture: Picture) -> None:
    own, out = own_pictures(tmp_path / "own", picture), tmp_path / "set"
    prepared("--data", own, "--out", out)
    before = {name: ((out / name).read_bytes(), (out / name).stat().st_mtime_ns) for name in FILES}
    assert "holds this dataset already" in prepared("--data", own, "--out", out).stdout
    assert json.loads(prepared("--data", own, "--out", out, "--json").stdout)["kept"] is True
    (tmp_path / "export.csv").write_text("file,verdict\n00.jpg,Realism\n")
    cases = {
        "seed, per genre": ("--data", own, "--seed", 1, "--per-genre", 8),
        "pictures or labels": ("--data", own, "--corrections", tmp_path / "export.csv"),
    }
    for differing, arguments in cases.items():
        done = run(*arguments, "--out", out)
        assert done.returncode == 2
        assert f"{out} was made with other {differing}. Remove it, or name another --out" in done.stderr.splitlines()[-1]
    assert {name: ((out / name).read_bytes(), (out / name).stat().st_mtime_ns) for name in FILES} == before
    (out / "pixels.npy").write_bytes(b"half")
    prepared("--data", own, "--out", out)
    assert {name: (out / name).read_bytes() for name in FILES} == {name: old for name, (old, _) in before.items()}


def test_wikiarts_label_rules_are_not_for_pictures_of_ones_own(prepared: Run, tmp_path: Path, picture: Picture) -> None:
    own = own_pictures(tmp_path / "own", picture)
    prepared("--data", own, "--out", tmp_path / "set", "--split", "none")
    assert sum(row["artist"] == "vincent van gogh" for row in rows_of(tmp_path / "set")) == 4
    paths = sorted(file.relative_to(own) for file in own.rglob("*.jpg"))
    lines = [f"{path},{path.parts[0]},{path.parts[1]},a list" for path in paths]
    (own / "list.csv").write_text("\n".join(["path,genre,artist,label_source", *lines]) + "\n")
    for more, left in (((), 2), (("--trust-labels",), 4)):
        prepared("--data", own / "list.csv", "--out", tmp_path / f"listed-{left}", "--split", "none", *more)
        assert sum(row["artist"] == "vincent van gogh" for row in rows_of(tmp_path / f"listed-{left}")) == left


def test_what_a_curator_wants_to_see_is_said(prepared: Run, run: Run, tmp_path: Path, picture: Picture) -> None:
    own = own_pictures(tmp_path / "own", picture)
    shutil.copy(own / "Op_Art" / "Painter 0" / "00.jpg", own / "Realism" / "copy.jpg")
    done = prepared("--data", own, "--out", tmp_path / "set", "--per-genre", 30)
    assert "1 painting in two genres, of which that of the second file counts: Realism/copy.jpg and Op_Art/Painter 0/00.jpg." in done.stdout
    assert "Of fewer than 5 artists, or look-alikes: in validation all genres; in test all genres." in done.stdout
    assert "Fewer than --per-genre 30: Op Art has 24, Realism has 24." in done.stdout
    assert "external" not in done.stdout
    for file in (own / "Op_Art").rglob("*.jpg"):
        file.write_bytes(file.read_bytes()[:100])
    done = run("--data", own, "--out", tmp_path / "torn")
    assert done.returncode == 2
    assert "No picture is left of Op Art" in done.stderr


@pytest.fixture
def further(tmp_path: Path, picture: Picture) -> Callable[..., Path]:
    """A further folder: one picture a line, each of `artist, genre, label_source`."""

    def make(name: str, *lines: tuple[str, str, str]) -> Path:
        (tmp_path / name).mkdir()
        text = ["path,genre,artist,label_source,split"]
        for number, (artist, genre, source) in enumerate(lines):
            # Of another seed than the first folder's pictures, so that none is a copy.
            (tmp_path / name / f"{number:02}.jpg").write_bytes(picture(90, 70, seed=5000 + number))
            text.append(f'{number:02}.jpg,{genre},{artist},"{source}",train')
        (tmp_path / name / "metadata.csv").write_text("\n".join(text) + "\n")
        return tmp_path / name

    return make


def test_further_pictures_are_trained_on_and_the_other_parts_stay(
    prepared: Run, folder: Path, tmp_path: Path, further: Callable[..., Path]
) -> None:
    prepared("--data", folder, "--out", tmp_path / "alone")
    alone = rows_of(tmp_path / "alone")
    tested = next(row["artist"] for row in alone if row["split"] == "test")
    more = further("more", ("Somebody New", "Realism", "page"), (tested.title(), "Realism", "page"), ("Rosa Bonheur", "Realism", "page"))
    shutil.copy(folder / "Realism" / "00.jpg", more / "02.jpg")
    prepared("--data", folder, more, "--out", tmp_path / "set")
    together = rows_of(tmp_path / "set")
    for split in PARTS:
        added = {"more/00.jpg"} if split == "train" else set()
        assert {row["path"] for row in together if row["split"] == split} == {r["path"] for r in alone if r["split"] == split} | added
    left = {item["path"]: item["reason"] for item in json.loads((tmp_path / "set" / "dataset.json").read_text())["left_out"]}
    assert left == {"more/01.jpg": "by an artist of validation or test", "more/02.jpg": "duplicate, 0 of 64 bits apart"}


def test_of_further_pictures_a_doubtful_label_is_not_trained_on_and_of_an_artist_few_are(
    prepared: Run, folder: Path, tmp_path: Path, further: Callable[..., Path]
) -> None:
    more = further(
        "more",
        ("Vincent van Gogh", "Realism", "list"),
        ("Vincent van Gogh", "Expressionism", "list"),
        ("Dmitry Levitzky", "Neoclassicism", "consensus"),
        ("Adolf Schreyer", "Romanticism", "artist (from memory, less certain)"),
        *[("Rosa Bonheur", "Realism", "page")] * 5,
        *[("", "Realism", "page")] * 3,
    )
    done = prepared("--data", folder, more, "--out", tmp_path / "set", "--per-artist", 2)
    found = Counter(row["artist"] for row in rows_of(tmp_path / "set") if row["path"].startswith("more"))
    assert found == {"vincent van gogh": 1, "rosa bonheur": 2, "": 3}
    assert "1 label: van Gogh is Post-Impressionism in WikiArt" in done.stdout
    reasons = json.loads((tmp_path / "set" / "dataset.json").read_text())["left_out_by_reason"]
    assert sorted(reasons.values()) == [1, 1, 1, 3], "the last of more than two by the artist"


def test_a_doubtful_label_of_the_held_out_parts_stays(prepared: Run, folder: Path, tmp_path: Path) -> None:
    listed = (folder / "metadata.csv").read_text()
    prepared("--data", folder, "--out", tmp_path / "before")
    (folder / "metadata.csv").write_text(listed.replace("made by code,code,", "made by code,less certain,"))
    prepared("--data", folder, "--out", tmp_path / "set")
    before, after = (Counter(row["split"] for row in rows_of(tmp_path / name)) for name in ("before", "set"))
    assert after == Counter({split: count for split, count in before.items() if split != "train"})


def test_further_folders_are_told_apart_by_their_names(run: Run, folder: Path, tmp_path: Path, further: Callable[..., Path]) -> None:
    more = further("more", ("Rosa Bonheur", "Realism", "page"))
    done = run("--data", folder, more, more, "--out", tmp_path / "set")
    assert (done.returncode, done.stderr.splitlines()[-1].partition(".")[0]) == (2, "Two of the --data folders have the same name")
    (more / "metadata.csv").write_text("path,genre,split\n00.jpg,Realism,external\n")
    done = run("--data", folder, more, "--out", tmp_path / "set")
    assert (done.returncode, "only the first folder may" in done.stderr) == (2, True)


def test_a_manifest_of_collect_goes_in(prepared: Run, run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "metadata.csv").unlink()
    assert main(["collect", "--genres", "7", "--out", str(tmp_path / "list"), "--from", str(folder)]) == 0
    # Its paths lead to where the pictures were downloaded: a table that does so has to be named.
    assert f"name it itself: --data {tmp_path}/list/manifest.csv." in run("--data", tmp_path / "list", "--out", tmp_path / "set").stderr
    prepared("--data", tmp_path / "list" / "manifest.csv", "--out", tmp_path / "set")
    assert len(rows_of(tmp_path / "set")) == 84
    victim = folder / "Realism" / "00.jpg"
    victim.write_bytes(victim.read_bytes() + b" ")
    done = run("--data", tmp_path / "list" / "manifest.csv", "--out", tmp_path / "again")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"{victim} has changed since it was listed. Run `collect` again.")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "list", "set"]


def test_mistakes_are_one_sentence_and_change_nothing(prepared: Run, run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    prepared("--data", folder, "--out", out)
    before = {name: (out / name).read_bytes() for name in FILES}
    (tmp_path / "mine").mkdir()
    (folder / "Realism" / "00.jpg").unlink()
    for arguments, sentence in (
        (("--data", folder, "--out", out, "--genres", 14), "lists no picture to train on of Academic Art, Art Nouveau, Baroque"),
        (("--data", folder, "--out", tmp_path / "mine"), "exists and is no dataset"),
        (("--data", folder, "--out", "/proc/set"), "/proc/set.partial cannot be written: No such file or directory."),
        (("--data", folder, "--out", out, "--genres", "Realsm"), "Did you mean 'Realism'?"),
        (("--data", folder, "--out", out, "--per-genre", 0), "--per-genre and --per-artist must be at least 1"),
        (("--data", folder, "--out", out), "Not found: 1 of the 84 pictures listed (Realism/00.jpg)."),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert sentence in done.stderr.splitlines()[-1]
    assert {name: (out / name).read_bytes() for name in FILES} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine", "set"]


def test_a_disk_that_takes_no_more_is_one_sentence_and_changes_nothing(prepared: Run, run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    prepared("--data", folder, "--out", out)
    (out / "pixels.npy").write_bytes(b"damaged, so that it is made anew")
    before = {name: (out / name).read_bytes() for name in FILES}
    own, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, most))  # bytes a file may have: as with a full disk, the write is an OSError
    try:
        done = run("--data", folder, "--out", out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (own, most))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"{out} cannot be written: File too large. Nothing was changed there."
    assert {name: (out / name).read_bytes() for name in FILES} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "set"]
