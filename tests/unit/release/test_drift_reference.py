import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from release.__main__ import main
from release.drift_reference import rules
from release.versions import read_card
from training.distribution import distribution

ROOT = Path(__file__).resolve().parents[3]
VERSIONS = ROOT / "model_repository" / "painting_genre"
RULES = ROOT / "monitoring" / "rules" / "reference.yml"


def test_shares_of_genres_and_bins():
    pixels = np.concatenate([np.zeros((3, 224, 224, 3), np.uint8), np.full((1, 224, 224, 3), 255, np.uint8)])
    scores = np.array([[0.9, 0.1, 0], [0.36, 0.34, 0.3], [0.1, 0.9, 0], [0.9, 0.05, 0.05]])
    found = distribution(pixels, scores, ["Abstract", "Realism", "Symbolism"])
    assert found["pictures"] == 4
    assert found["genres"] == {"Abstract": 0.75, "Realism": 0.25, "Symbolism": 0.0}
    assert found["bins"]["brightness"] == [0.75, *[0.0] * 8, 0.25]
    assert found["bins"]["contrast"] == [1.0, *[0.0] * 9]
    assert found["bins"]["confidence"] == [0.0, 0.25, *[0.0] * 7, 0.75]


def test_the_published_rules_are_those_of_the_published_cards():
    cards = [card for folder in sorted(VERSIONS.glob("[0-9]*")) if "reference" in (card := read_card(folder))]
    assert cards
    assert RULES.read_text() == rules(cards)


def test_each_version_s_shares_add_up_and_prometheus_gets_them_all():
    shares: dict[tuple, float] = {}
    for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]:
        what = rule["record"], rule["labels"]["version"], rule["labels"].get("statistic")
        shares[what] = shares.get(what, 0) + float(rule["expr"].removeprefix("vector(").removesuffix(")"))
    versions = {version for _, version, _ in shares}
    assert len(shares) == 5 * len(versions)
    assert list(shares.values()) == pytest.approx([1] * len(shares), abs=1e-4)


def test_the_command_writes_the_rules_again_from_the_cards_alone(tmp_path, capsys):
    assert main(["reference", "--repository", str(VERSIONS.parent), "--rules", str(tmp_path / "rules.yml")]) == 0
    assert (tmp_path / "rules.yml").read_text() == RULES.read_text()
    assert "version 2" in capsys.readouterr().out


def test_without_a_reference_nothing_is_written(tmp_path, capsys):
    folder = tmp_path / "painting_genre" / "1"
    shutil.copytree(VERSIONS / "2" / "assets.extra", folder / "assets.extra")
    card = folder / "assets.extra" / "model_card.json"
    card.write_text(json.dumps({key: value for key, value in json.loads(card.read_text()).items() if key != "reference"}))
    assert main(["reference", "--repository", str(tmp_path), "--rules", str(tmp_path / "rules.yml")]) == 2
    assert "has a reference" in capsys.readouterr().err
    assert not (tmp_path / "rules.yml").exists()
