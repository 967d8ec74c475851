"""What people are told of how good the latest version is, from its model card: the same figures for the page and the README.

    python -m release figures [--repository model_repository] [--page gateway/page/session/measured.js] [--readme README.md]

Writes PAGE, a module of the page, and in README what stands between the two comments that name this command.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from gateway.contract import MODEL_NAME
from release.errors import ReleaseError
from release.versions import highest, read_card
from training.files import regular
from training.printed import say
from training.reading import reading
from training.whole import whole

# All pictures of other collections than those that were learned from, and those of them that chose nothing.
ALL, CLEAN = "external", "external-test"

HEAD = """\
// Made by `python -m release figures` from the model card of the latest version, not by hand. Figures are of 100, on paintings of other
// collections than those that the version learned from: right of all answers, certain of all, right of the certain; `beside` is what stands
// beside an answer, right on artists that it did not learn from; by genre, found of its paintings and right of the answers that name it.
"""
BEGIN, END = "<!-- python -m release figures -->\n", "<!-- end of python -m release figures -->"

Figures = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repository", type=Path, default=Path("model_repository"), metavar="FOLDER", help="default model_repository")
    parser.add_argument(
        "--page", type=Path, default=Path("gateway/page/session/measured.js"), metavar="FILE", help="a module that is written"
    )
    parser.add_argument("--readme", type=Path, default=Path("README.md"), metavar="FILE", help="a page of which a part is written")


def run(args: argparse.Namespace) -> None:
    told = figures(latest(args.repository))
    with reading(f"{args.readme} cannot be read: {{cause}}.", ReleaseError):
        readme = with_account(regular(args.readme).read_text(encoding="utf-8"), told)
    for file, text in ((args.page, module(told)), (args.readme, readme)):
        with whole(file) as beside:
            beside.write_text(text, encoding="utf-8")
    say(f"Wrote {args.page} and {args.readme}: version {told['version']}.")


def latest(repository: Path) -> Figures:
    """The model card of the latest version. Raises ReleaseError where there is none."""
    version = highest(repository / MODEL_NAME)
    if version is None:
        raise ReleaseError(f"There is no version in {repository}.")
    return read_card(version)


def figures(card: Figures) -> Figures:
    """What is told of a version. Raises ReleaseError where its card does not say how it does on other collections."""
    with reading(f"The model card of version {card.get('version')} lacks what the page tells: {{cause}}.", ReleaseError):
        parts, trust = card["scorecard"], card["trust"]
        return {
            "version": card["version"],
            "learned": sum(card["data"]["counts"]["train"].values()),
            "all": _part(parts[ALL]),
            "clean": _part(parts[CLEAN]),
            "beside": {kind: _of_100(trust["expected_accuracy"][kind]["right"]) for kind in ("certain", "uncertain")},
            "flagged": {
                "photographs": _of_100(trust["typicality"]["photographs"]["flagged"]),
                "paintings": _of_100(trust["typicality"]["paintings"][CLEAN]["flagged"]),
            },
            "genres": {
                genre: {"paintings": of["pictures"], "found": _of_100(of["recall"]["value"]), "right": _of_100(of["precision"]["value"])}
                for genre, of in parts[ALL]["genres"].items()
            },
        }


def module(told: Figures) -> str:
    """What the page tells of the figures, as a module of it."""
    genres = ",\n".join(f"    {json.dumps(genre)}: {json.dumps(of)}" for genre, of in told["genres"].items())
    entries = ",\n".join(f'  "{key}": {json.dumps(told[key])}' for key in ("version", "all", "beside"))
    return f'{HEAD}export const MEASURED = {{\n{entries},\n  "genres": {{\n{genres}\n  }}\n}};\n'


def with_account(text: str, told: Figures) -> str:
    """`text` with the figures in the place for them. Raises ReleaseError where it has none."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ReleaseError("The README has no place for the figures, which two comments mark.")
    return f"{before}{BEGIN}{account(told)}{END}{after}"


def account(told: Figures) -> str:
    """The figures as Markdown."""
    version, whole, clean, beside, flagged = (told[key] for key in ("version", "all", "clean", "beside", "flagged"))
    total, few = whole["paintings"], clean["paintings"]
    right, certain_right = _with_interval(whole["right"]), _with_interval(whole["certainRight"])
    few_right, few_certain_right = _with_interval(clean["right"]), _with_interval(clean["certainRight"])
    lines = [
        f"Version {version} learned from {told['learned']:,} paintings. On {total} paintings by at most {whole['artists']} artists from",
        "other collections (in brackets: 95% intervals over artists), and in the page's words:",
        "",
        f"- **Right: {right} of 100** answers name the genre that the collection does.",
        f"- **Certain: {whole['certain']} of 100** answers, and **{certain_right} of 100 certain answers** are right.",
        "- Beside each answer stands how many of 100 such were right on artists that it did not learn from:",
        f"  {beside['certain']} of the certain, {beside['uncertain']} of the others.",
        f"- Of these paintings {total - few} chose thresholds and the like. On the {few} that chose nothing:",
        f"  right {few_right}, certain {clean['certain']}, right of the certain {few_certain_right}.",
        "- Whatever is shown gets a genre, with `typicality` beside:",
        f"  {flagged['photographs']} of 100 photographs are marked as what may be no painting, and",
        f"  {flagged['paintings']} of 100 paintings.",
        "",
        f"| version {version}, the same {total} | paintings | found, of 100 of the genre | right, of 100 answers that name it |",
        "|---|---|---|---|",
    ]
    for genre, of in told["genres"].items():
        lines.append(f"| {genre} | {of['paintings']} | {_or_none(of['found'])} | {_or_none(of['right'])} |")
    return "".join(f"{line}\n" for line in lines)


def _part(part: Figures) -> Figures:
    certain = part["certain"]
    return {
        "paintings": part["pictures"],
        "artists": part["groups"],
        "right": _interval(part["accuracy"]),
        "certain": _of_100(certain["coverage"]),
        "certainRight": _interval(certain["accuracy"]),
    }


def _interval(figure: Figures) -> list[int | None]:
    return [_of_100(figure[name]) for name in ("value", "low", "high")]


def _of_100(share: float | None) -> int | None:
    # Where nothing was counted, the card has no share.
    return None if share is None or share != share else round(100 * share)  # noqa: PLR0124 - NaN is no other than itself


def _with_interval(figure: list[int | None]) -> str:
    value, low, high = figure
    return f"{_or_none(value)} ({low} to {high})"


def _or_none(value: int | None) -> str:
    return "none" if value is None else str(value)
