"""What people are told of the latest version is what its card says, in one place for the page and the README."""

from pathlib import Path

import pytest

from release.__main__ import main
from release.errors import ReleaseError
from release.figures import BEGIN, END, account, figures

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


def test_the_command_writes_page_and_readme_which_are_those_of_the_repository(tmp_path, capsys):
    page, readme = tmp_path / "measured.js", tmp_path / "README.md"
    before, _, rest = README.read_text().partition(BEGIN)
    readme.write_text(f"{before}{BEGIN}stale\n{END}{rest.partition(END)[2]}")
    arguments = ["figures", "--repository", str(REPOSITORY), "--page", str(page), "--readme", str(readme)]
    assert main(arguments) == 0
    assert page.read_text() == (PAGE / "session" / "measured.js").read_text(), "python -m release figures"
    assert readme.read_text() == README.read_text(), "python -m release figures"
    readme.write_text("nothing")
    assert main(arguments) == 2
    assert "no place for the figures" in capsys.readouterr().err
