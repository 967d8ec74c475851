"""The list of labelled pictures that a folder comes with: manifest.csv, as `collect` writes it, or a metadata.csv from elsewhere."""

import csv
import re
import unicodedata
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

from training.config import Mistake

NAMES = ("manifest.csv", "metadata.csv")
EXTERNAL = "external"
UNKNOWN_ARTISTS = {"", "unknown", "anonymous", "unknown artist", "anonymous artist", "unidentified artist"}


@dataclass(frozen=True)
class Listed:
    """A line of the list. `path` is relative to the list's folder, or absolute; empty or 0 is what the list does not tell."""

    path: str
    genre: str
    artist: str = ""
    source: str = ""
    split: str = ""
    width: int = 0
    height: int = 0
    sha256: str = ""
    phash: str = ""  # 16 hexadecimal digits

    @property
    def is_external(self) -> bool:
        return self.split == EXTERNAL


@dataclass(frozen=True)
class LeftOut:
    """A picture that is not used, the reason in words, and the path of the one kept in its place, if that is the reason."""

    path: str
    reason: str
    kept: str = ""


def read_listing(folder: Path) -> list[Listed]:
    """The pictures listed in `folder`, sorted by path.

    Raises Mistake where there is no list, or none that can be read.
    """
    file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if file is None:
        raise Mistake(f"{folder} has no {' or '.join(NAMES)}. Make one with `python -m training collect --out {folder}`.")
    names = [field.name for field in fields(Listed)]
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            missing = {"path", "genre"} - set(reader.fieldnames or ())
            if missing:
                raise Mistake(f"{file} has no column {' and no column '.join(sorted(missing))}.")
            listed = [_listed({name: line.get(name) or "" for name in names}) for line in reader]
    except (OSError, ValueError, csv.Error) as error:
        raise Mistake(f"{file} cannot be read: {error}.") from error
    listed.sort(key=lambda picture: picture.path)
    twice = next((a.path for a, b in pairwise(listed) if a.path == b.path), None)
    if twice is not None:
        raise Mistake(f"{file} lists {twice} more than once.")
    return listed


def artist_key(name: str) -> str:
    """`name` without accents, case and punctuation, so that two spellings are one artist; empty where the artist is unknown."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    key = " ".join(re.sub(r"[\W_]+", " ", plain).casefold().split())
    return "" if key in UNKNOWN_ARTISTS else key


def _listed(line: dict[str, str]) -> Listed:
    width, height = (int(line.pop(name) or 0) for name in ("width", "height"))
    if line["phash"]:
        int(line["phash"], 16)
    return Listed(**line, width=width, height=height)
