import csv
import json
import shutil
from pathlib import Path

import pytest

from training.__main__ import main
from training.genres import NAMES_7


def test_the_scorecard_holds_every_part_and_figure_and_the_text_shows_them(evaluated: Path) -> None:
    card = json.loads((evaluated / "scorecard.json").read_text())
    assert {"validation", "test", "external", "external-tuning", "external-test"} <= set(card["parts"])
    halves = [card["parts"][half]["pictures"] for half in ("external-tuning", "external-test")]
    assert sum(halves) == card["parts"]["external"]["pictures"]
    for part in card["parts"].values():
        assert sum(map(sum, part["confusion_matrix"])) == part["pictures"]
        assert 0 <= part["accuracy"]["low"] <= part["accuracy"]["value"] <= part["accuracy"]["high"] <= 1
        assert set(part["genres"]) <= set(NAMES_7)
    assert set(card["protocols"]) == {"leaky", "random", "artist", "external", "skew"}
    assert card["temperature"] > 0
    text = (evaluated / "scorecard.md").read_text()
    test = card["parts"]["test"]
    assert f"| Test (artists unseen) | {test['pictures']} | {test['groups']} | {test['accuracy']['value']:.3f}" in text
    assert f"most validation pictures trained on | {card['protocols']['leaky']:.3f} |" in text
    assert "nan" not in text
    for name in ("confusion-test", "confusion-external", "reliability", "coverage"):
        assert (evaluated / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_every_picture_has_its_line_and_the_surest_mistakes_a_page(dataset: Path, evaluated: Path) -> None:
    with (evaluated / "predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    card = json.loads((evaluated / "scorecard.json").read_text())
    parts = {row["split"] for row in lines}
    assert {"validation", "test", "external-tuning", "external-test"} == parts
    for name in parts:
        right = [row["told"] == row["truth"] for row in lines if row["split"] == name]
        assert (len(right), round(sum(right) / len(right), 4)) == (
            card["parts"][name]["pictures"],
            card["parts"][name]["accuracy"]["value"],
        )
    for row in lines:
        scores = {genre: float(row[genre]) for genre in NAMES_7}
        assert max(scores, key=scores.__getitem__) == row["told"]
        assert sum(scores.values()) == pytest.approx(1, abs=1e-3)
        assert row["artist"].startswith("painter")
    page = (evaluated / "worst.html").read_text()
    wrong = sum(row["told"] != row["truth"] for row in lines)
    assert page.count("<figure>") == min(wrong, 48) > 0
    assert "://" not in page
    assert page.count("data:image/jpeg;base64,") == 2 * page.count("<figure>")


def test_runs_are_listed_and_compared_by_artist(evaluated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    better = tmp_path / "better"
    better.mkdir()
    for name in ("run.json", "scorecard.json"):
        shutil.copy(evaluated / name, better / name)
    with (evaluated / "predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    with (better / "predictions.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows({**row, "told": row["truth"] if row["split"] == "test" else row["told"]} for row in lines)
    capsys.readouterr()
    assert main(["runs", str(evaluated), str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "ragam weights=none epochs=2" in told
    assert len(told.splitlines()) == 4
    assert main(["compare", str(evaluated), str(better), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = {(one["part"], one["figure"]): one for one in told["differences"]}
    assert found["test", "accuracy"]["second"] == 1
    assert found["test", "accuracy"]["low"] > 0
    assert found["validation", "accuracy"]["difference"] == 0
    assert main(["compare", str(evaluated), str(tmp_path)]) == 2
    assert "has no predictions.csv" in capsys.readouterr().err


def test_a_run_on_another_dataset_is_refused(dataset: Path, evaluated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = shutil.copytree(dataset, tmp_path / "other")
    rows = (other / "rows.csv").read_text()
    (other / "rows.csv").write_text(rows.replace(",test,", ",validation,"))
    assert main(["evaluate", "--data", str(other), "--run", str(evaluated)]) == 2
    assert "was not trained on" in capsys.readouterr().err


def test_a_published_version_is_measured_beside_it(
    dataset: Path, evaluated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(evaluated, tmp_path / "run")
    version = max(Path("model_repository/painting_genre").glob("[0-9]*"), key=lambda folder: int(folder.name))
    arguments = ["evaluate", "--data", str(dataset), "--run", str(run), "--skip-protocols", "--against"]
    assert main([*arguments, str(version)]) == 0
    card = json.loads((run / "scorecard.json").read_text())
    assert card["against"]["version"] == version.name
    assert set(card["against"]["parts"]) == set(card["parts"]) - {"external_unseen"}
    assert f"## Beside version {version.name}" in (run / "scorecard.md").read_text()
    capsys.readouterr()
    assert main([*arguments, str(tmp_path)]) == 2
    assert "is no published version" in capsys.readouterr().err
