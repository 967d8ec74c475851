"""What people are told of the latest version is what its card says, in one place for the page and the README."""

import json
import re
from pathlib import Path

import pytest

from gateway.api.genres import TEXTS
from release.__main__ import main
from release.errors import ReleaseError
from release.figures import BEGIN, END, account, figures, latest, module, with_account

ROOT = Path(__file__).resolve().parents[3]
REPOSITORY = ROOT / "model_repository"
PAGE = ROOT / "gateway" / "page"
README = ROOT / "README.md"


def part(pictures: int, right: float, certain: float | None) -> dict[str, object]:
    interval = {"value": right, "low": right - 0.1, "high": right + 0.1}
    sure = None if certain is None else {"value": certain, "low": certain - 0.1, "high": certain + 0.1}
    return {
        "pictures": pictures,
        "groups": 5,
        "accuracy": interval,
        "certain": {"coverage": 0.304, "accuracy": sure or {"value": None, "low": None, "high": None}},
        "genres": {"Abstract": {"pictures": 7, "recall": {"value": 0.716}, "precision": {"value": float("nan")}}},
    }


def card() -> dict[str, object]:
    return {
        "version": 9,
        "data": {"counts": {"train": {"Abstract": 1000, "Realism": 234}}},
        "scorecard": {"external": part(30, 0.614, 0.846), "external-test": part(10, 0.5, None)},
        "trust": {
            "expected_accuracy": {"certain": {"right": 0.7907}, "uncertain": {"right": 0.4799}},
            "typicality": {"photographs": {"flagged": 0.8987}, "paintings": {"external-test": {"flagged": 0.0366}}},
        },
    }


def test_figures_are_of_100_and_of_whole_cards():
    told = figures(card())
    assert (told["version"], told["learned"]) == (9, 1234)
    assert told["all"] == {"paintings": 30, "artists": 5, "right": [61, 51, 71], "certain": 30, "certainRight": [85, 75, 95]}
    assert told["clean"]["certainRight"] == [None, None, None]
    assert (told["beside"], told["flagged"]) == ({"certain": 79, "uncertain": 48}, {"photographs": 90, "paintings": 4})
    # A genre that was never told has no share of right answers.
    assert told["genres"] == {"Abstract": {"paintings": 7, "found": 72, "right": None}}
    assert "| Abstract | 7 | 72 | none |" in account(told)


def test_a_card_without_them_is_refused():
    without = card()
    del without["scorecard"]["external"]  # type: ignore[attr-defined]
    with pytest.raises(ReleaseError, match="version 9 lacks what the page tells: there is no 'external'"):
        figures(without)


def test_only_the_place_for_them_is_written():
    text = with_account(f"before\n{BEGIN}stale\n{END}\nafter\n", figures(card()))
    assert text.startswith(f"before\n{BEGIN}Version 9 learned")
    assert text.endswith(f"{END}\nafter\n")
    assert "stale" not in text
    with pytest.raises(ReleaseError, match="no place"):
        with_account("nothing", figures(card()))


def test_page_and_readme_tell_the_card_of_the_latest_version():
    told = figures(latest(REPOSITORY))
    assert (PAGE / "session" / "measured.js").read_text() == module(told), "python -m release figures"
    assert with_account(README.read_text(), told) == README.read_text(), "python -m release figures"


def test_the_command_writes_both(tmp_path, capsys):
    (tmp_path / "README.md").write_text(f"{BEGIN}{END}\n")
    arguments = ["--repository", str(REPOSITORY), "--page", str(tmp_path / "measured.js"), "--readme", str(tmp_path / "README.md")]
    assert main(["figures", *arguments]) == 0
    assert (tmp_path / "measured.js").read_text() == (PAGE / "session" / "measured.js").read_text()
    assert account(figures(latest(REPOSITORY))) in (tmp_path / "README.md").read_text()


def test_no_other_text_for_people_says_how_well_a_version_does():
    # A text on a genre says what the genre is: what the model makes of it changes with each version.
    for texts in TEXTS.values():
        assert not re.search(r"\bthe model\b|\bversion\b", texts["en"]), texts["en"]
        assert not re.search(r"\b[Mm]odel (menemukan|mempelajari|memakai)|\bversi\b|jawaban", texts["id"]), texts["id"]
    # In the catalogues and in the README's own prose figures of a version are values, never written out.
    for name in ("en", "id"):
        words = json.loads((PAGE / "text" / f"{name}.js").read_text().split("export default ", 1)[1].rstrip().removesuffix(";"))
        for key in ("knows.figures", "knows.certain", "knows.beside", "genres.figures"):
            assert not set(re.findall(r"\b\d+\b", words[key])) - {"100", "95"}, key
    before, _, rest = README.read_text().partition(BEGIN)
    prose = before + rest.partition(END)[2]
    assert not re.search(r"(?i)\b(good|fair) at\b|as a hint|version \d+ (learned|is|has)", prose)
