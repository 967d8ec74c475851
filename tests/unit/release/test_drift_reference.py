from pathlib import Path

import numpy as np

from release.__main__ import main
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


def test_the_command_writes_the_published_rules_again_from_the_published_cards(tmp_path):
    assert main(["reference", "--repository", str(VERSIONS.parent), "--rules", str(tmp_path / "rules.yml")]) == 0
    assert (tmp_path / "rules.yml").read_text() == RULES.read_text()


def test_without_a_reference_nothing_is_written(tmp_path, capsys):
    (tmp_path / "painting_genre" / "1" / "assets.extra").mkdir(parents=True)
    (tmp_path / "painting_genre" / "1" / "assets.extra" / "model_card.json").write_text('{"version": 1}')
    assert main(["reference", "--repository", str(tmp_path), "--rules", str(tmp_path / "rules.yml")]) == 2
    assert "has a reference" in capsys.readouterr().err
    assert not (tmp_path / "rules.yml").exists()
