"""A recipe from the command line and from a TOML file, and as a TOML file: all by the fields of config.Recipe."""

import argparse
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from training.config import RECIPES, Recipe, StageError, limits, nearest
from training.files import regular
from training.reading import reading

FIELDS: dict[str, Field[Any]] = {one.name: one for one in fields(Recipe) if one.name != "name"}
KINDS = get_type_hints(Recipe)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipe", choices=tuple(RECIPES), help="which settings the others start from (default ragam)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file of settings, as `python -m training config` prints it")
    group = parser.add_argument_group("the recipe", "defaults of the recipe ragam; the command line goes before the file")
    for name, one in FIELDS.items():
        choices = get_args(KINDS[name]) if get_origin(KINDS[name]) is Literal else None
        default = one.default if one.default is not MISSING else None
        group.add_argument(
            f"--{name.replace('_', '-')}",
            choices=choices,
            metavar=None if choices else "X",
            help=f"{one.metadata['why']} (default {written(default)}{_takes(name, one)})".replace("%", "%%"),
        )


def _takes(name: str, one: Field[Any]) -> str:
    """The limits of a number, and how several are written."""
    several = "; several with commas between them" if get_origin(KINDS[name]) is tuple else ""
    return f"; {limits(one)}{several}" if limits(one) else ""


def chosen(args: argparse.Namespace) -> Recipe:
    """The recipe that the arguments name. Raises StageError."""
    file = read(args.config) if args.config is not None else {}
    base = RECIPES[args.recipe or file.pop("recipe", "ragam")]
    told = {name: converted(name, value) for name in FIELDS if (value := getattr(args, name)) is not None}
    return replace(base, **{name: converted(name, value) for name, value in file.items()} | told)


def read(file: Path) -> dict[str, Any]:
    """The settings in a TOML file. Raises StageError where it is none, or has a key that no recipe has."""
    with reading(f"{file} cannot be read: {{cause}}."):
        found = tomllib.loads(regular(file).read_text(encoding="utf-8"))
    unknown = [
        f"'{key}' is a section: settings stand without one." if isinstance(value, dict) else f"'{key}' is no setting.{nearest(key, FIELDS)}"
        for key, value in found.items()
        if key not in FIELDS and key != "recipe"
    ]
    if unknown:
        raise StageError(f"{file}: {' '.join(unknown)} `python -m training config` prints all settings.")
    if str(found.get("recipe", "ragam")) not in RECIPES:
        raise StageError(f"{file}: there is no recipe '{found['recipe']}'. The recipes are {', '.join(RECIPES)}.")
    return found


def converted(name: str, value: object) -> Any:
    """`value`, a word of the command line or from a TOML file, as the setting `name` takes it. Raises StageError."""
    kind = KINDS[name]
    if get_origin(kind) is UnionType:
        if value == "none":
            return None
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is Literal and value not in get_args(kind):
        raise StageError(f"{name} is one of {', '.join(get_args(kind))}, not '{value}'.{nearest(str(value), get_args(kind))}")
    try:
        if get_origin(kind) is tuple:
            values = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
            # At least one: of none there would be nothing to choose from.
            return tuple(_number(float, one) for one in values or [None])
        if kind is bool:
            return {"true": True, "yes": True, "false": False, "no": False}[str(value).lower()]
        return _number(kind, value) if kind in (int, float) else str(value)
    except (KeyError, ValueError, OverflowError) as error:
        what = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "numbers with commas between them")
        raise StageError(f"{name} takes {what}, not '{value}'.{' Or none.' * (kind != KINDS[name])}") from error


def _number(kind: Any, value: Any) -> Any:
    """`value` as int or float. Raises ValueError where that would change it, or it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not math.isfinite(number := kind(value)):
        raise ValueError
    if not isinstance(value, str) and number != value:
        raise ValueError
    return number


def toml(recipe: Recipe) -> str:
    """All settings, each below its meaning."""
    lines = [
        "# A picture is 224 x 224 pixels for every recipe, as the contract of gateway and model has it.",
        f'recipe = "{recipe.name}"',
    ]
    for name, one in FIELDS.items():
        choices = f" {list(get_args(KINDS[name]))}" if get_origin(KINDS[name]) is Literal else ""
        within = f" {limits(one)[:1].upper()}{limits(one)[1:]}." if limits(one) else ""
        none = ' "none" for none.' if get_origin(KINDS[name]) is UnionType else ""
        lines += ["", f"# {one.metadata['why']}.{choices}{within}{none}", f"{name} = {written(getattr(recipe, name))}"]
    return "\n".join(lines) + "\n"


def written(value: object) -> str:
    """`value` as TOML."""
    return json.dumps("none" if value is None else value)


def about(recipe: Recipe) -> dict[str, Any]:
    """What a run keeps of its recipe: of files their names alone; and what is not as in the recipe of that name."""
    kept: Mapping[str, Any] = {name: Path(value).name for name in ("weights", "teacher") if (value := getattr(recipe, name)) is not None}
    known = RECIPES[recipe.name]
    changed = [name for name in FIELDS if getattr(recipe, name) != getattr(known, name)]
    return {"recipe": {**asdict(recipe), **kept}, "changed": changed, "seed": recipe.seed, "weights": kept["weights"]}
