import csv
import os
import resource
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from training import collect
from training.genres import ABSTRACT, FOURTEEN, NAMES_7, WIKIART

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Any]
Picture = Callable[..., bytes]


@pytest.fixture
def run(stage: Run) -> Run:
    return partial(stage, "collect")


def read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def downloads(tmp_path: Path, picture: Picture) -> Path:
    """Both sets as they unpack, with two pictures of each genre."""
    seed = 0
    for genre in FOURTEEN:
        folder = tmp_path / "down" / genre.source.partition("/")[2] / genre.folders[0] / genre.folders[0]
        folder.mkdir(parents=True)
        for number in range(2):
            (folder / f"{seed}.jpg").write_bytes(picture(160 + number, 120, seed=seed))
            seed += 1
    return tmp_path / "down"


def fourteen(downloads: Path) -> list[Path]:
    return [downloads / source.partition("/")[2] for source in (WIKIART, ABSTRACT)]


def test_both_sets_become_one_list_of_fourteen_genres(run: Run, downloads: Path, tmp_path: Path) -> None:
    done = run("--out", tmp_path / "out", "--from", *fourteen(downloads))
    assert done.returncode == 0, done.stderr
    rows = read(tmp_path / "out" / "manifest.csv")
    assert sorted({row["genre"] for row in rows}) == [genre.name for genre in FOURTEEN]
    assert len(rows) == 28
    assert {row["source"] for row in rows if row["genre"] == "Abstract"} == {"abstract-art-gallery"}
    assert all(Path(row["path"]).is_file() and len(row["sha256"]) == 64 and len(row["phash"]) == 16 for row in rows)
    assert read(tmp_path / "out" / "left_out.csv") == []
    assert "45,462 pictures in 14 genres; these are -45,434 files" in done.stdout
    assert "Abstract: -2,870 files against the paper's set." in done.stdout


def test_unreadable_files_and_duplicates_are_listed_and_left_out(run: Run, downloads: Path, tmp_path: Path, picture: Picture) -> None:
    wikiart, abstract = fourteen(downloads)
    rococo, realism = wikiart / "Rococo", wikiart / "Realism"
    (rococo / "cut.jpg").write_bytes(picture(seed=500)[:2000])
    (rococo / "text.jpg").write_bytes(b"not a picture")
    (rococo / "moving.gif").write_bytes(picture(seed=501, image_format="GIF"))
    (rococo / "empty.png").touch()
    original = abstract / "Abstract_gallery" / "Abstract_gallery" / "0.jpg"
    (realism / "exact.jpg").write_bytes(original.read_bytes())
    (realism / "stored-again.jpg").write_bytes(picture(120, 90, seed=2, quality=40))
    (rococo / "larger.jpg").write_bytes(picture(640, 480, seed=4))
    done = run("--out", tmp_path / "out", "--from", *fourteen(downloads))
    assert done.returncode == 0, done.stderr
    kept = {Path(row["path"]).name for row in read(tmp_path / "out" / "manifest.csv")}
    left = {Path(row["path"]).name: row for row in read(tmp_path / "out" / "left_out.csv")}
    assert kept.isdisjoint(left)
    assert len(kept | set(left)) == 28 + 7
    unreadable = {name for name, row in left.items() if row["reason"].startswith("unreadable")}
    assert unreadable == {"cut.jpg", "empty.png", "moving.gif", "text.jpg"}
    assert left["exact.jpg"]["kept"] == str(original)
    assert left["exact.jpg"]["reason"] == "duplicate of another genre, Realism against Abstract, 0 of 64 bits apart"
    assert "files are copies of a painting in another genre" in done.stdout
    assert Path(left["stored-again.jpg"]["kept"]).name == "2.jpg"
    assert Path(left["4.jpg"]["kept"]).name == "larger.jpg"


def test_what_a_disk_holds_beside_files_is_listed_with_its_reason(
    run: Run, downloads: Path, tmp_path: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wikiart, _ = fourteen(downloads)
    rococo = wikiart / "Rococo"
    latin = os.fsencode(rococo) + b"/caf\xe9.png"
    with open(latin, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(picture(seed=500, image_format="PNG"))
    (rococo / "nowhere.jpg").symlink_to("gone.jpg")
    (rococo / "itself.jpg").symlink_to("itself.jpg")
    os.mkfifo(rococo / "pipe.jpg")
    (rococo / "device.jpg").symlink_to("/dev/null")
    (rococo / "elsewhere").symlink_to(wikiart / "Realism")
    (rococo / "locked").mkdir()
    scan = os.scandir

    def refuse(path: object = ".") -> object:  # root has all permissions
        if str(path) == str(rococo / "locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    for _ in range(2):  # also from what was kept of the first time
        done = run("--out", tmp_path / "out", "--from", *fourteen(downloads))
        assert done.returncode == 0, done.stderr
        reasons = {Path(row["path"]).name: row["reason"] for row in read(tmp_path / "out" / "left_out.csv")}
        assert reasons == {
            "caf\\udce9.png": "unreadable: the name is not UTF-8, which a manifest needs: rename it",
            "nowhere.jpg": "unreadable: a link that leads nowhere",
            "itself.jpg": "unreadable: Too many levels of symbolic links",
            "pipe.jpg": "unreadable: a named pipe",
            "device.jpg": "unreadable: a device",
            "elsewhere": "unreadable: a link to a folder, which is not followed",
            "locked": "unreadable: Permission denied",
        }
        assert len(read(tmp_path / "out" / "manifest.csv")) == 28


def test_a_missing_genre_is_one_sentence_and_nothing_is_written(run: Run, downloads: Path, tmp_path: Path) -> None:
    wikiart, abstract = fourteen(downloads)
    shutil.rmtree(wikiart / "Rococo")
    for folders, sentence in (
        ((wikiart, abstract), "There is no file of Rococo (a folder Rococo) in "),
        ((tmp_path / "nowhere",), f"There is no folder {tmp_path / 'nowhere'}.\n"),
    ):
        done = run("--out", tmp_path / "out", "--from", *folders)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith(sentence)
        assert not (tmp_path / "out").exists()
    assert run("--out", tmp_path / "out", "--from", wikiart, abstract, "--genres", 7).returncode == 0
    assert sorted({row["genre"] for row in read(tmp_path / "out" / "manifest.csv")}) == sorted(NAMES_7)


def test_a_disk_that_takes_no_more_is_one_sentence_and_leaves_no_list(run: Run, downloads: Path, tmp_path: Path) -> None:
    own, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))  # bytes a file may have: as with a full disk, the write is an OSError
    try:
        done = run("--out", tmp_path / "out", "--from", *fourteen(downloads))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (own, most))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"{tmp_path / 'out'} cannot be written: File too large.")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "manifest.csv").exists()


def test_without_a_network_the_download_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # where nothing listens
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    done = run("--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{ABSTRACT} cannot be downloaded, is Kaggle reachable?")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_artist_is_in_names_as_wikiart_gives_them() -> None:
    names = {
        "vincent-van-gogh_the-starry-night-1889.jpg": "vincent van gogh",
        "pierre-auguste-renoir_a_b.png": "pierre auguste renoir",
        **dict.fromkeys(["193075.jpg", "Abstract_image_12.jpg", "painting-1_a.jpg", "no-underscore.jpg"], ""),
    }
    assert {name: collect.artist_in(Path(name)) for name in names} == names


def test_a_folder_in_a_folder_is_of_the_inner_ones_genre(tmp_path: Path) -> None:
    for folder in ("Realism/Abstract_gallery_2", "Realism/landscapes", ".Realism", "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.jpg").touch()
    genres: Sequence[collect.Genre] = [genre for genre in FOURTEEN if genre.name in {"Abstract", "Realism"}]
    found = collect.find(genres, [(tmp_path, "here"), (tmp_path / "Realism", "here")])
    assert [(item.file.parent.name, item.genre) for item in found] == [("Abstract_gallery_2", "Abstract"), ("landscapes", "Realism")]
