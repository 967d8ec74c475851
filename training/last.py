"""The last training: as a run that chose recipe and epochs on an artist split, but on the artists of validation and test, too."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.config import RAGAM, Recipe, StageError
from training.files import regular
from training.hints import command
from training.reading import reading
from training.sides import ALL, EXTERNAL_TUNING

if TYPE_CHECKING:  # importing it takes seconds: TensorFlow
    from training.data import Dataset

RUN = "run.json"


def read_run(folder: Path) -> dict[str, Any]:
    """The run.json of a finished run. Raises StageError where `folder` holds none."""
    if not (folder / RUN).is_file():
        raise StageError(f"{folder} holds no finished run. Make one with {command('train', out=folder)}.")
    with reading(f"{folder / RUN} cannot be read: {{cause}}."):
        return dict(json.loads(regular(folder / RUN).read_text(encoding="utf-8")))


# Files, which a run keeps by their names alone.
NAMED = ("weights", "teacher")


def settled(chosen: dict[str, Any], asked: Recipe) -> Recipe:
    """The recipe of a finished run, with the epochs that it chose and the files that `asked` names.

    The share is chosen anew: of more artists more is learned that holds for others, and the way back to the start may be shorter.
    Raises StageError where `asked` sets more than these files.
    """
    own = [one.name for one in fields(Recipe) if one.name not in NAMED and getattr(asked, one.name) != getattr(RAGAM, one.name)]
    if own:
        raise StageError(f"--last takes the recipe of its run. Leave out --{own[0].replace('_', '-')}.")
    recipe = Recipe(**{**chosen["recipe"], "shares": tuple(chosen["recipe"]["shares"])})
    files = {name: getattr(asked, name) for name in NAMED}
    return replace(recipe, **files, epochs=chosen["kept_epoch"], keep="last", stop_at_accuracy=None, patience=None)


def chosen_by(before: dict[str, Any], asked: dict[str, Any], dataset: "Dataset", *, taught: bool) -> dict[str, Any]:
    """What a last training tells of the run `before` that chose it. Raises StageError where it would not be trained alike."""
    alike = {"weights": before["weights"] == asked["weights"], "genres": before["genres"] == asked["genres"]}
    differing = [name for name, same in {**alike, "teacher": ("teacher" in before) == taught}.items() if not same]
    if differing:
        raise StageError(f"The run that chose had another {' and '.join(differing)}, and its figures would not tell of this one.")
    if dataset.about["split"] != ALL or not dataset.part(EXTERNAL_TUNING).rows:
        raise StageError("A last training needs a dataset made with `prepare --split none`, with pictures of other collections.")
    return {name: before[name] for name in ("dataset", "seed", "picture_steps", "shares")}


def figures_of(facts: dict[str, Any], folder: Path | None, scorecard: str) -> dict[str, Any] | None:
    """Of a last training's `facts`, how the run in `folder` that chose it did. Raises StageError where that is not it, or unmeasured."""
    if "chosen_by" not in facts:
        return None
    if folder is None:
        raise StageError("This is a last training: name the run that it was chosen by with --chosen.")
    before = read_run(folder)
    if any(before[name] != value for name, value in facts["chosen_by"].items()):
        raise StageError(f"{folder} is not the run that this last training was chosen by.")
    try:
        card = json.loads(regular(folder / scorecard).read_text(encoding="utf-8"))
    except OSError as error:
        raise StageError(f"{folder} has no scorecard. Make it with {command('evaluate', run=folder)}.") from error
    return {**facts["chosen_by"], "trained_on": card["dataset"]["trained_on"], "parts": card["parts"], "against": card.get("against")}
