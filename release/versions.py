"""The versions in a folder of the model repository, and what their cards say."""

import json
import re
from pathlib import Path
from typing import Any

from release.errors import ReleaseError
from training.files import regular
from training.reading import reading

CARD = "assets.extra/model_card.json"


def numbered(versions: Path) -> list[Path]:
    """By their numbers. Not isdigit, which is true of signs that are no number."""
    found = [path for path in versions.glob("*") if re.fullmatch("[0-9]{1,18}", path.name)]
    return sorted(found, key=lambda path: int(path.name))


def highest(versions: Path) -> Path | None:
    return next(reversed(numbered(versions)), None)


def read_card(folder: Path) -> dict[str, Any]:
    """The model card of a version. Raises ReleaseError where it has none."""
    with reading(f"{folder} has no model card that can be read: {{cause}}.", ReleaseError):
        return dict(json.loads(regular(folder / CARD).read_text(encoding="utf-8")))
