"""Whether a version may be published, from what both versions tell of the same pictures."""

import json
import shutil

import numpy as np
import pytest

from release import compare
from release.__main__ import main
from release.models_config import ConfigFile
from training.paired import paired

GENRES = np.array(["Abstract", "Realism"] * 100)
GROUPS = np.array([f"painter {place // 4}" for place in range(200)])


def answers(right):
    """Of 200 pictures the first `right` are told right."""
    return np.arange(200) < right


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Version 2 and a candidate, whose answers `told` has; a dataset of 200 pictures, all of one part."""
    for folder in (tmp_path / "served" / "painting_genre" / "2", tmp_path / "candidate"):
        (folder / "assets.extra").mkdir(parents=True)
        (folder / "assets.extra" / "model_card.json").write_text('{"version": 1}')
        (folder / "model.tflite").touch()
    data = tmp_path / "dataset"
    data.mkdir()
    np.save(data / "pixels.npy", np.zeros((200, 2, 2, 3), np.uint8))
    rows = [f"{place},{genre},test,{group},{group}" for place, (genre, group) in enumerate(zip(GENRES, GROUPS, strict=True))]
    (data / "rows.csv").write_text("\n".join(["pixel,genre,split,artist,group", *rows]) + "\n")
    told = {"2": answers(120), "candidate": answers(120)}
    monkeypatch.setattr(compare, "told", lambda version, pixels: np.where(told[version.name], GENRES, "Symbolism"))
    return tmp_path, told


def asked(folder, *more):
    return ["compare", str(folder / "candidate"), "--data", str(folder / "dataset"), "--repository", str(folder / "served"), *more]


def published(folder):
    return sorted(path.name for path in (folder / "served" / "painting_genre").iterdir())


def test_one_that_is_not_worse_becomes_the_next_version_where_that_is_asked_for(repository, capsys):
    folder, _ = repository
    assert main(asked(folder)) == 0
    assert published(folder) == ["2"]
    assert main(asked(folder, "--publish")) == 0
    assert published(folder) == ["2", "3"]
    card = folder / "served" / "painting_genre" / "3" / "assets.extra" / "model_card.json"
    assert json.loads(card.read_text())["version"] == 3
    assert capsys.readouterr().out.splitlines()[-1] == "3"


def test_one_that_is_worse_is_refused_and_told_why(repository, capsys):
    folder, told = repository
    told["candidate"] = answers(60)
    assert main(asked(folder, "--publish")) == 2
    said = capsys.readouterr().err
    assert "On test its accuracy is lower by 0.300" in said
    assert "--force publishes it all the same" in said
    assert published(folder) == ["2"]
    assert main(asked(folder, "--publish", "--force")) == 0
    assert published(folder) == ["2", "3"]


def test_one_of_other_genres_is_refused(repository, capsys):
    folder, _ = repository
    (folder / "candidate" / "assets.extra" / "labels.txt").write_text("Abstract\nRealism\n")
    (folder / "served" / "painting_genre" / "2" / "assets.extra" / "labels.txt").write_text("Abstract\nDada\n")
    assert main(asked(folder, "--canary")) == 2
    assert "It tells Abstract, Realism, and version 2 tells Abstract, Dada." in capsys.readouterr().err


def test_a_loss_within_chance_on_every_part_is_one_all_the_same(repository, capsys):
    folder, told = repository
    told["2"], told["candidate"] = answers(120), np.roll(answers(116), 40)
    assert main(asked(folder)) == 2
    assert "Over all parts it loses 0.020" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["candidate", "served/painting_genre/2"])
@pytest.mark.parametrize(
    ("works", "counted", "lost"),
    [
        # By its card it has learned from the whole of `test`, and its works' artists are not known: external pictures count alone.
        (None, "external-tuning", "200 of 200 of test"),
        # Its works are of 25 of the 50 artists, whatever it learned of its own dataset.
        (25, "accuracy     0.200 -> 0.800", "100 of 200 of test"),
    ],
)
def test_what_one_version_has_learned_from_tells_nothing(repository, monkeypatch, capsys, version, works, counted, lost):
    folder, told = repository
    extra, places = folder / version / "assets.extra", np.arange(150, 200) if works is None else np.arange(100, 200)
    (extra / "model_card.json").write_text(json.dumps({"version": 1, "data": {"learned_from": ["train", "validation", "test"]}}))
    if works is None:
        with (folder / "dataset" / "rows.csv").open("a") as file:
            file.write("".join(f"{place},{GENRES[place]},external-tuning,{GROUPS[place]},{GROUPS[place]}\n" for place in places))
    else:
        names = "".join(f"{number},Páinter-{number},A Title\n" for number in range(works))
        (extra / "works.csv").write_text(f"work,artist,title\n{names}{works},,Untitled\n", encoding="utf-8")
    told["candidate"] = answers(180)
    monkeypatch.setattr(compare, "told", lambda version, pixels: np.where(told[version.name][places], GENRES[places], "Symbolism"))
    assert main(asked(folder)) == 0
    out = capsys.readouterr().out
    assert counted in out
    assert lost in out


def test_where_no_picture_can_tell_only_force_publishes(repository, capsys):
    folder, _ = repository
    works = "".join(f"{number},Painter {number},A Title\n" for number in range(50))
    (folder / "candidate" / "assets.extra" / "works.csv").write_text("work,artist,title\n" + works)
    assert main(asked(folder, "--publish")) == 2
    assert "has learned from the artists of all pictures" in capsys.readouterr().err
    assert main(asked(folder, "--publish", "--force")) == 0


@pytest.mark.parametrize(("right", "status", "labels"), [(120, 0, {"stable": 2, "canary": 3}), (60, 2, {})])
def test_it_ends_in_a_canary_beside_what_was_served_unless_it_is_worse(repository, right, status, labels):
    folder, told = repository
    told["candidate"] = answers(right)
    config = folder / "served" / "models.config"
    shutil.copy("model_repository/models.config", config)
    assert main(asked(folder, "--canary")) == status
    assert ConfigFile(config).served.labels == labels
    assert published(folder) == sorted({"2", *map(str, labels.values())})


def test_the_first_version_of_a_repository_has_nothing_to_be_worse_than(repository, capsys):
    folder, _ = repository
    (folder / "empty" / "painting_genre").mkdir(parents=True)
    assert main(asked(folder, "--repository", str(folder / "empty"), "--publish")) == 0
    assert "nothing to be worse than" in capsys.readouterr().out
    assert (folder / "empty" / "painting_genre" / "1").is_dir()


def test_pairs_leave_out_what_both_have_in_common():
    """Ten more are right of the same pictures: far beyond chance, though each figure alone would vary by more."""
    right = np.random.default_rng(0).random(200) < 0.5
    better = right.copy()
    better[np.flatnonzero(~right)[:20]] = True
    [found, _] = paired("test", right, better, GENRES, GROUPS)
    assert found.value == pytest.approx(0.1)
    assert found.low > 0
