"""The labelled pictures of a folder: by manifest.csv, as `collect` writes it, by another table, or by the folders they lie in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path

from training.config import StageError, nearest
from training.files import folders, is_there, why_no_picture
from training.hints import counted
from training.layout import COLUMNS, LOOSE, REQUIRED, columns_of, genre_name, tree, what_was_taken
from training.reading import reading
from training.tables import read_table

NAMES = ("manifest.csv", "metadata.csv")
EXTERNAL = "external"


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


@dataclass(frozen=True)
class Listing:
    """The pictures, sorted by path; files that are none, or in no genre; and sentences on what was taken for what."""

    pictures: list[Listed]
    left_out: list[LeftOut] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def base_of(data: Path) -> Path:
    """The folder that paths are relative to, where `data` is a folder or a table in one."""
    return data.parent if data.is_file() else data


def read(data: Path, chosen: Mapping[str, str] | None = None) -> Listing:
    """The pictures of a folder, or of a table. Columns are split by commas, semicolons or tabs, as spreadsheets save them.

    chosen: by layout.COLUMNS the columns to take, where their names do not tell. Raises StageError where nothing can be read.
    """
    if not data.exists():
        near = [str(data.with_name(one.name)) for one in data.parent.iterdir()] if data.parent.is_dir() else []
        raise StageError(f"There is no {data}.{nearest(str(data), near)}")
    if data.is_file() and why_no_picture(data) is None:
        raise StageError(f"{data} is a picture. Name a folder that has a folder of pictures for each genre, or a table (CSV).")
    table = data if data.is_file() else table_in(data)
    left_out: list[tuple[str, str]] = []
    if table is None:
        lines, left_out, said = tree(data)
        source = data.resolve().name
        listed = [Listed(line["path"], genre_name(line["genre"]), line["artist"], source) for line in lines]
    else:
        listed, said = _read_table(table, chosen or {})
    if not listed:
        raise StageError(_why_nothing(data, table, sum(reason == LOOSE for _, reason in left_out)))
    listed.sort(key=lambda picture: picture.path)
    twice = list(dict.fromkeys(a.path for a, b in pairwise(listed) if a.path == b.path))
    if twice:
        raise StageError(f"{table} lists {', '.join(twice[:5])}{' ...' * (len(twice) > 5)} more than once.")
    return Listing(listed, [LeftOut(path, f"unreadable: {reason}") for path, reason in left_out], said)


def _why_nothing(data: Path, table: Path | None, loose: int) -> str:
    if table is not None:
        return f"{table} lists no pictures."
    if loose:
        return (
            f"{data} has {counted(loose, 'picture')} right in it, and none in folders. Put those of each genre into a folder of its name, "
            "or list them with their genres in a table (CSV) beside them."
        )
    return f"{data} has no pictures: no table (CSV), and no JPEG or PNG in folders named for their genres."


def read_listing(folder: Path) -> list[Listed]:
    return read(folder).pictures


def read_further(data: Sequence[Path], chosen: Mapping[str, str] | None = None) -> Listing:
    """What is in `data` after the first, all to train on. Raises StageError, also where two folders have one name."""
    bases = [base_of(one) for one in data]
    if len({base.resolve().name for base in bases}) < len(bases):
        raise StageError("Two of the --data folders have the same name. Rename one: a picture is named by its folder and its path in it.")
    together = Listing([])
    for one, base in zip(data[1:], bases[1:], strict=True):
        found = read(one, chosen)
        name = base.resolve().name
        for picture in found.pictures:
            if picture.is_external or Path(picture.path).is_absolute():
                raise StageError(f"{one} lists {picture.path}, which is external or absolute: only the first folder may. Name it first.")
            together.pictures.append(replace(picture, path=f"{name}/{picture.path}", folder=str(base)))
        together.left_out.extend(replace(item, path=f"{name}/{item.path}") for item in found.left_out)
        together.said.extend(found.said)
    return together


def table_in(folder: Path) -> Path | None:
    """The table in a folder, None where it has none. Raises StageError where it has several."""
    known = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    others = sorted(folder.glob("*.csv"))
    if known is None and len(others) > 1:
        raise StageError(f"{folder} has several tables. Name one: --data {' or '.join(map(str, others[:3]))}.")
    return known or next(iter(others), None)


def _read_table(file: Path, chosen: Mapping[str, str]) -> tuple[list[Listed], list[str]]:
    names, lines = read_table(file)
    columns = columns_of(names, chosen)
    missing = sorted(set(REQUIRED) - set(columns))
    if missing:
        raise StageError(
            f"{file} has no column {' and no column '.join(missing)}. Of {', '.join(names) or 'no columns'}, name one: "
            f"--columns {' '.join(f'{meaning}=...' for meaning in missing)}."
        )
    others = {one.name for one in fields(Listed)} - set(COLUMNS) - {"folder"}
    with reading(f"{file} cannot be read: {{cause}}."):
        listed = [
            _listed(
                {name: line.get(name, "") for name in others}
                | {meaning: line.get(columns[meaning], "") if meaning in columns else "" for meaning in COLUMNS}
            )
            for line in lines
        ]
    return _located(listed, file.parent), what_was_taken(file, names, columns, others)


def _located(listed: list[Listed], base: Path) -> list[Listed]:
    """`listed` with the paths of those that are not there as they are below `base`, where a line has a name alone, or the other slash."""
    absent = {picture.path for picture in listed if not is_there(base / picture.path)}
    if not absent:
        return listed
    found: dict[str, list[str]] = {}
    for folder, files in folders(base):
        for file in files:
            found.setdefault(file.name, []).append((folder / file).relative_to(base).as_posix())

    def locate(picture: Listed) -> Listed:
        if picture.path not in absent:
            return picture
        path = picture.path.replace("\\", "/")
        fitting = [one for one in found.get(path.rpartition("/")[2], ()) if f"/{one}".endswith(f"/{path}")]
        return replace(picture, path=fitting[0]) if len(fitting) == 1 else picture

    return [locate(picture) for picture in listed]


def _listed(line: dict[str, str]) -> Listed:
    width, height = (int(line.pop(name) or 0) for name in ("width", "height"))
    if line["phash"] and not re.fullmatch("[0-9a-fA-F]{1,16}", line["phash"]):
        raise ValueError("a phash has 16 hexadecimal digits")
    line["genre"] = genre_name(line["genre"])
    return Listed(**line, width=width, height=height)
