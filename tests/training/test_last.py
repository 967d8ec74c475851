"""The last training: on the artists of validation and test, too, as a run chose it that had not seen them."""

import csv
import json
from pathlib import Path

import keras
import pytest
import shallow

from training import typicality
from training.__main__ import main
from training.card import model_card
from training.data import load
from training.export import read_scorecard


@pytest.fixture(scope="module")
def everything(dataset: Path) -> Path:
    """The same pictures as `dataset`'s, all but the external ones to train on."""
    out = dataset.parent / "everything"
    assert main(["prepare", "--data", str(dataset.parent), "--split", "none", "--out", str(out)]) == 0
    return out


def training(everything: Path, chosen: Path, out: Path) -> list[str]:
    return ["train", "--data", str(everything), "--out", str(out), "--weights", "none", "--last", str(chosen)]


@pytest.fixture(scope="module")
def last(dataset: Path, everything: Path, evaluated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A last training, and its scorecard."""
    folder = tmp_path_factory.mktemp("last")
    asked = ["--data", str(everything), "--run", str(folder / "run")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, "MobileNetV2", shallow.trunk)
        patch.setattr(typicality, "DRAWN", 42)
        assert main(training(everything, evaluated, folder / "run")) == 0
        assert main(["typicality", *asked]) == 0
        assert main(["evaluate", *asked, "--chosen", str(evaluated)]) == 0
    return folder / "run"


def test_all_but_external_pictures_are_learned_from_once(dataset: Path, everything: Path) -> None:
    with (everything / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    own = load(dataset)
    assert {row["split"] for row in rows} == {"train", *(row["split"] for row in own.rows if row["split"].startswith("external"))}
    inside = sorted(row["path"] for row in own.rows if not row["split"].startswith("external"))
    assert sorted(row["path"] for row in rows if row["split"] == "train") == inside


def test_it_learns_as_the_run_did_that_chose_it(evaluated: Path, last: Path) -> None:
    before, after = (json.loads((run / "run.json").read_text()) for run in (evaluated, last))
    assert (after["recipe"]["learning_rate"], after["recipe"]["shares"]) == (before["recipe"]["learning_rate"], before["recipe"]["shares"])
    assert (after["epochs"], after["seed"]) == (before["kept_epoch"], before["seed"])
    assert after["chosen_by"]["dataset"] == before["dataset"]


def test_no_figure_of_pictures_that_it_learned_from_is_its_own(everything: Path, evaluated: Path, last: Path) -> None:
    card = model_card(1, read_scorecard(last), load(everything), {})
    assert set(card["scorecard"]) == {name for name in card["scorecard"] if name.startswith("external")}
    assert set(card["data"]["learned_from"]) == {"train", "validation", "test"}
    chosen = json.loads((evaluated / "scorecard.json").read_text())["parts"]
    assert card["chosen_by"]["parts"]["test"]["accuracy"] == chosen["test"]["accuracy"]
    text = (last / "scorecard.md").read_text()
    assert "## The run that chose it" in text
    assert "| Test (artists unseen) | 0" in text


def test_what_chose_it_must_be_named_and_an_artist_split_is_for_no_last_training(
    dataset: Path, everything: Path, evaluated: Path, last: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, sentence in (
        (["evaluate", "--data", str(everything), "--run", str(last)], "--chosen"),
        (["evaluate", "--data", str(everything), "--run", str(last), "--chosen", str(last)], "is not the run that this last training was"),
        (training(dataset, evaluated, tmp_path / "run"), "--split none"),
        (["train", "--data", str(everything), "--out", str(tmp_path / "run"), "--weights", "none"], "none to validate"),
    ):
        assert main(command) == 2
        assert sentence in capsys.readouterr().err
