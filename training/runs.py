"""A table of runs.

    python -m training runs [FOLDER ...]

Each FOLDER is a run as `train` writes it, or holds some (default: build). One line a run, by its name: recipe and what it sets otherwise,
seed, epochs, time, and, where `evaluate` has measured it, accuracy and mean recall of each part.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from training.config import StageError
from training.files import regular
from training.reading import reading
from training.tell import span, tell

PARTS = ("validation", "test", "external-tuning", "external-test")
MISSING = "-"
WIDEST = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="*", default=[Path("build")], metavar="FOLDER", help="runs, or folders of runs")


def run(args: argparse.Namespace) -> None:
    files = sorted({file for folder in args.folders for file in (*folder.glob("run.json"), *folder.glob("*/run.json"))})
    if not files:
        raise StageError(f"There is no finished run in {', '.join(map(str, args.folders))}. Name its folder, or the one above it.")
    found = [facts_of(file.parent) for file in files]
    rows = [["run", "recipe", "seed", "epochs", "kept", "time", *PARTS], *(line_of(facts) for facts in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    tell(args, {"runs": found}, *lines, "Of each part: accuracy / mean recall.")


def facts_of(folder: Path) -> dict[str, Any]:
    """What is known of a run. Raises StageError where its files are damaged."""
    with reading(f"{folder} cannot be read as a run: {{cause}}."):
        about = json.loads(regular(folder / "run.json").read_text(encoding="utf-8"))
        file = folder / "scorecard.json"
        parts = json.loads(file.read_text(encoding="utf-8"))["parts"] if file.is_file() else {}
        figures = {
            name: {figure: parts[name][figure]["value"] for figure in ("accuracy", "balanced_accuracy")} for name in PARTS if name in parts
        }
        changed = {name: about["recipe"][name] for name in about.get("changed", ())}
        return {
            "run": str(folder),
            "recipe": about["recipe"]["name"],
            "changed": changed,
            "parts": figures,
            **{name: about[name] for name in ("seed", "epochs", "kept_epoch", "seconds", "dataset")},
        }


def line_of(facts: dict[str, Any]) -> list[str]:
    # A weight file's name would be wider than all else.
    recipe = " ".join([facts["recipe"], *(f"{name}={shorten(str(value), WIDEST)}" for name, value in facts["changed"].items())])
    figures = [
        f"{part['accuracy']:.3f} / {part['balanced_accuracy']:.3f}" if (part := facts["parts"].get(name)) else MISSING for name in PARTS
    ]
    return [facts["run"], recipe, *(str(facts[name]) for name in ("seed", "epochs", "kept_epoch")), span(facts["seconds"]), *figures]


def shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
