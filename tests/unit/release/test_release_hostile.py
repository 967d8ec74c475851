"""A candidate, a dataset and addresses of others in the hands of the releases: a sentence and status 2, whatever they hold."""

import json
import os

import numpy as np
import pytest

from release import compare, versions
from release.__main__ import main
from release.drift_reference import rules
from release.errors import ReleaseError
from release.evidence import read

STEERS = "\x1b]0;owned\x07\x1b[2J"
CARD, LABELS = versions.CARD, compare.LABELS
COLUMNS = "pixel,genre,split,group,artist"


@pytest.fixture
def arguments(tmp_path):
    """Of a comparison of two versions on one picture."""
    for folder in ("served/painting_genre/2", "candidate"):
        (tmp_path / folder / "assets.extra").mkdir(parents=True)
        (tmp_path / folder / CARD).write_text('{"version": 1}')
        (tmp_path / folder / LABELS).write_text("A\nB\n")
        (tmp_path / folder / "model.tflite").write_bytes(b"garbage")
    (tmp_path / "dataset").mkdir()
    np.save(tmp_path / "dataset" / "pixels.npy", np.zeros((1, 224, 224, 3), np.uint8))
    (tmp_path / "dataset" / "rows.csv").write_text(f"{COLUMNS}\n0,A,test,x,x\n")
    return [
        *("compare", str(tmp_path / "candidate"), "--data", str(tmp_path / "dataset")),
        *("--repository", str(tmp_path / "served"), "--publish"),
    ]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (f"candidate/{LABELS}", b"\xff\xfe\n"),
        (f"candidate/{LABELS}", f"{STEERS}\nB\n".encode()),
        (f"candidate/{CARD}", b"[1]"),
        (f"candidate/{CARD}", b'{"data": {"learned_from": 5}}'),
        (f"candidate/{CARD}", b"[" * 100_000),
        ("candidate/assets.extra/works.csv", b"a,b\n1,2\n"),
        ("candidate/assets.extra/works.csv", b"artist\n" + b"a" * 200_000),
        ("dataset/rows.csv", b"a,b\n1,2\n"),
        ("dataset/rows.csv", f"{COLUMNS}\n7,A,test,x,x\n".encode()),
        ("dataset/rows.csv", f"{COLUMNS}\n{'9' * 5000},A,test,x,x\n".encode()),
        ("dataset/pixels.npy", b""),
    ],
)
def test_whatever_a_file_holds_it_is_a_sentence(arguments, tmp_path, capsys, file, content):
    (tmp_path / file).write_bytes(content)
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.err
    assert all(line.isprintable() for text in told for line in text.splitlines())
    assert [path.name for path in (tmp_path / "served" / "painting_genre").iterdir()] == ["2"]


@pytest.mark.parametrize(
    "file", ["candidate/model.tflite", f"candidate/{LABELS}", f"candidate/{CARD}", "dataset/rows.csv", "dataset/pixels.npy"]
)
def test_a_pipe_is_not_waited_for(arguments, tmp_path, capsys, file):
    (tmp_path / file).unlink()
    os.mkfifo(tmp_path / file)
    assert main(arguments) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("name", ["²", "٣", "9" * 30, "-1", "1e3"])
def test_a_folder_that_is_named_nearly_as_a_version_is_none(tmp_path, name):
    for folder in (name, "2", "10"):
        (tmp_path / folder).mkdir()
    assert [path.name for path in versions.numbered(tmp_path)] == ["2", "10"]
    assert versions.highest(tmp_path).name == "10"
    assert versions.highest(tmp_path / "2") is None


@pytest.mark.parametrize(
    "card", [{"version": 1, "reference": None}, {"version": 1, "reference": {"genres": {"A": "x"}, "bins": {}}}, {"reference": {}}]
)
def test_a_reference_of_another_shape_is_a_sentence(tmp_path, capsys, card):
    (tmp_path / "painting_genre" / "1" / "assets.extra").mkdir(parents=True)
    (tmp_path / "painting_genre" / "1" / CARD).write_text(json.dumps(card))
    assert main(["reference", "--repository", str(tmp_path), "--rules", str(tmp_path / "rules.yml")]) == 2
    assert "reference cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "rules.yml").exists()


def test_a_genre_adds_no_rule():
    card = {"version": 1, "reference": {"genres": {'A"}\n      - record: up': 0.5}, "bins": {}}}
    assert rules([card]).count("\n      - record: ") == 1


def test_a_file_that_cannot_be_written_is_a_sentence(capsys):
    assert main(["reference", "--rules", "/proc/nowhere/rules.yml"]) == 2
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/metrics", "http://127.0.0.1:x/metrics", "http://[::1/metrics", "http://a\x00/metrics"]
)
def test_an_address_that_is_refused_late_is_a_sentence(url):
    with pytest.raises(ReleaseError, match="has no metrics"):
        read(url)


def test_no_password_of_an_address_is_told(tmp_path, capsys):
    assert main(["promote", "--metrics", "http://u:hunter2@gateway.test/metrics"]) == 2
    assert "hunter2" not in capsys.readouterr().err
