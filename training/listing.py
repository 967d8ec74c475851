"""The list of labelled pictures that a folder comes with: manifest.csv, as `collect` writes it, or a metadata.csv from elsewhere."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

from training.config import StageError

NAMES = ("manifest.csv", "metadata.csv")
EXTERNAL = "external"
UNKNOWN_ARTISTS = {"", "unknown", "anonymous", "unknown artist", "anonymous artist", "unidentified artist"}


@dataclass(frozen=True)
class Listed:
    """A line of the list. Empty or 0 is what the list does not tell.

    `path` is relative to the list's folder or absolute, and names the picture; for a further folder that folder's name stands before it.
    `folder` is where the picture lies, empty for the first.
    """

    path: str
    genre: str
    artist: str = ""
    source: str = ""
    label_source: str = ""
    split: str = ""
    width: int = 0
    height: int = 0
    sha256: str = ""
    phash: str = ""  # 16 hexadecimal digits
    title: str = ""
    folder: str = ""

    @property
    def is_external(self) -> bool:
        return self.split == EXTERNAL

    def file(self, folder: Path) -> Path:
        """Where the picture is, when `folder` is the first list's."""
        return Path(self.folder, self.path.partition("/")[2]) if self.folder else folder / self.path


@dataclass(frozen=True)
class LeftOut:
    """A picture that is not used, the reason in words, and the path of the one kept in its place, if that is the reason."""

    path: str
    reason: str
    kept: str = ""

    @property
    def kind(self) -> str:
        """The reason without what is of this picture only, so that pictures can be counted by it."""
        return self.reason if self.reason.startswith("label") else re.split(r"[:,]", self.reason)[0]


def read_listing(folder: Path) -> list[Listed]:
    """The pictures listed in `folder`, sorted by path. Columns are split by commas, semicolons or tabs, as spreadsheets save them.

    Raises StageError where there is no list, or none that can be read.
    """
    file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if file is None:
        raise StageError(f"{folder} has no {' or '.join(NAMES)}. Make one with `python -m training collect --out {folder}`.")
    names = [field.name for field in fields(Listed) if field.name != "folder"]
    try:
        reader = _reader(file.read_bytes())
        missing = {"path", "genre"} - set(reader.fieldnames or ())
        if missing:
            raise StageError(f"{file} has no column {' and no column '.join(sorted(missing))}.")
        lines = [{name: (line.get(name) or "").strip() for name in names} for line in reader]
        # A spreadsheet may save empty rows behind the last.
        listed = [_listed(line) for line in lines if any(line.values())]
    except UnicodeDecodeError as error:
        raise StageError(f"{file} cannot be read: it is not UTF-8. Save it as 'CSV UTF-8'.") from error
    except (OSError, ValueError, csv.Error) as error:
        raise StageError(f"{file} cannot be read: {error}.") from error
    listed.sort(key=lambda picture: picture.path)
    twice = next((a.path for a, b in pairwise(listed) if a.path == b.path), None)
    if twice is not None:
        raise StageError(f"{file} lists {twice} more than once.")
    return listed


def read_further(folders: Sequence[Path]) -> list[Listed]:
    """The pictures of `folders` after the first, all to train on. Raises StageError, also where two folders have one name."""
    if len({folder.resolve().name for folder in folders}) < len(folders):
        raise StageError("Two of the --data folders have the same name. Rename one: a picture is named by its folder and its path in it.")
    listed: list[Listed] = []
    for folder in folders[1:]:
        for picture in read_listing(folder):
            if picture.is_external or Path(picture.path).is_absolute():
                raise StageError(f"{folder} lists {picture.path}, which is external or absolute: only the first folder may. Name it first.")
            listed.append(replace(picture, path=f"{folder.resolve().name}/{picture.path}", folder=str(folder)))
    return listed


def _reader(data: bytes) -> "csv.DictReader[str]":
    """Raises UnicodeDecodeError for what is neither UTF-8 nor, with its mark, UTF-16."""
    text = data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    head, _, rest = text.partition("\n")
    if head.startswith("sep="):
        # Excel's own way to tell how the columns are split.
        text, head = rest, rest.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


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
