"""What people judged of answers, as the page exports it: a verdict in place of a picture's label, or a picture left out."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from training.config import StageError, nearest
from training.hints import counted
from training.layout import plain
from training.listing import LeftOut, Listed
from training.tables import read_table

FILE, VERDICT = "file", "verdict"
LEAVE_OUT = {"none": "judged to be of none of the genres", "unsure": "judged unsure"}

# As ragam/table.py and the page write what steers a terminal in a name: \\ \n \r \u001b \xff.
ESCAPES = re.compile(r"\\(\\|n|r|x[89a-f][0-9a-f]|u[0-9a-f]{4})")

Parts = tuple[str, ...]


@dataclass
class Found:
    """By path of a picture its verdict; files that fit none, or only by the end of their paths; pictures with two verdicts."""

    verdicts: dict[str, str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    by_end: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


def corrected(
    pictures: Sequence[Listed], files: Sequence[Path], genres: Sequence[str], folder: str = ""
) -> tuple[list[Listed], list[LeftOut], list[str]]:
    """The pictures with their labels as judged in `files`, those left out, and sentences on what was done.

    folder: the name of the first folder, which the page writes before the paths in it where the folder itself was dropped. Raises
    StageError where a file is no export, names another genre, or no line of all files fits a picture.
    """
    judged = [line for file in files for line in judged_in(file, genres)]
    names = ", ".join(map(str, files))
    if not judged:
        raise StageError(f"No line of {names} has a verdict. Judge answers on the page, and export them again.")
    found = match(pictures, judged, folder)
    if not found.verdicts:
        raise StageError(
            f"None of {counted(len(judged), 'verdict')} in {names} fits a picture: {some(found.unmatched)}. "
            f"A picture here is {pictures[0].path}: its file in the export must end so."
        )
    verdicts = found.verdicts
    left_out = [LeftOut(path, LEAVE_OUT[verdict]) for path, verdict in verdicts.items() if verdict in LEAVE_OUT]
    kept = [picture for picture in pictures if verdicts.get(picture.path) not in LEAVE_OUT]
    after = [replace(picture, genre=verdicts.get(picture.path, picture.genre)) for picture in kept]
    changed = sum(old.genre != new.genre for old, new in zip(kept, after, strict=True))
    confirmed = len(verdicts) - changed - len(left_out)
    number = counted(len(judged), "verdict")
    done = f"{changed:,} changed a label, {confirmed:,} confirmed one, {len(left_out):,} left a picture out"
    said = [f"Corrections: of {number} {done}, {len(found.unmatched):,} fitted no picture."]
    if found.unmatched:
        said.append(f"Corrections that fit no picture: {some(found.unmatched)}.")
    if found.by_end:
        said.append(f"Corrections whose folders are others, taken by the end of the path: {some(found.by_end)}.")
    if found.twice:
        said.append(f"Pictures judged more than once, of which the later verdict counts: {some(found.twice)}.")
    return after, left_out, said


def match(pictures: Sequence[Listed], judged: Sequence[tuple[str, str]], folder: str = "") -> Found:
    """For each verdict the picture whose path has the longest end in common with its file, where it is the only one.

    Where the folders before that end differ, the file may have been moved since; not where a folder of that name is here.
    """
    full = {picture.path: picture.path if picture.folder or not folder else f"{folder}/{picture.path}" for picture in pictures}
    whole = {path: parts_of(name) for path, name in full.items()}
    ends: dict[Parts, list[str]] = defaultdict(list)
    for path, parts in whole.items():
        for place in range(len(parts)):
            ends[parts[place:]].append(path)
    own: dict[Parts, list[str]] = defaultdict(list)
    for path in whole:
        own[parts_of(path)].append(path)
    # As they are written, for two files may differ by a backslash or by how an accent is written.
    exactly = {**{name: path for path, name in full.items()}, **{path: path for path in full}}
    folders = {name for parts in whole.values() for name in parts[:-1]}
    found = Found()
    for name, verdict in judged:
        written = [exactly[one] for one in names_in(name) if one in exactly]
        tries = [parts_of(one) for one in names_in(name)]
        parts = next((one for one in tries if one in own or one[-1:] in ends), tries[0])
        place = next((place for place in range(len(parts)) if parts[place:] in ends), len(parts))
        fitting = written[:1] or own.get(parts) or ends.get(parts[place:], [])
        moved = not written and len(fitting) == 1 and place > 0 and parts[place:] not in {whole[fitting[0]], parts_of(fitting[0])}
        if len(fitting) != 1 or (moved and not folders.isdisjoint(parts[:place])):
            found.unmatched.append(f"{name} ({f'{len(fitting)} pictures end so' if len(fitting) > 1 else 'no such picture'})")
            continue
        path = fitting[0]
        if moved:
            found.by_end.append(f"{name} as {path}")
        if found.verdicts.get(path, verdict) != verdict:
            found.twice.append(path)
        found.verdicts[path] = verdict
    return found


def names_in(cell: str) -> list[str]:
    """The names that a cell may mean, the likeliest first: as the page and the command write them, or as they stand, with a backslash
    between folders or of an earlier version. The page has an apostrophe before what a spreadsheet would take for a formula; blanks
    around a name are its own, or of whoever wrote the table.
    """
    texts = [one for text in (cell, cell.strip()) for one in (text, text.removeprefix("'"))]
    return list(dict.fromkeys([*(ESCAPES.sub(_unescaped, text) for text in texts), *texts]))


def _unescaped(found: re.Match[str]) -> str:
    kind, code = found[1][0], found[1][1:]
    # A byte that is no UTF-8, as Python has it in names.
    return chr(int(code, 16) + (0xDC00 if kind == "x" else 0)) if code else {"n": "\n", "r": "\r"}.get(kind, kind)


def parts_of(path: str) -> Parts:
    """The folders and the name; of letters with accents, which systems write in two ways, always the same."""
    return tuple(part for part in PurePosixPath(unicodedata.normalize("NFC", path).replace("\\", "/")).parts if part != "/")


def some(items: Sequence[str], most: int = 5) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def judged_in(file: Path, genres: Sequence[str]) -> list[tuple[str, str]]:
    """The file and the verdict, a genre or a key of LEAVE_OUT, of every line that has one."""
    columns, lines = read_table(file, as_is=FILE)
    missing = [column for column in (FILE, VERDICT) if column not in columns]
    if missing:
        raise StageError(f"{file} has no column {' and no column '.join(missing)}. Export the answers from the page.")
    known = {plain(name): name for name in (*genres, *LEAVE_OUT)}
    found = []
    for line in lines:
        verdict = line.get(VERDICT, "")
        if verdict and plain(verdict) not in known:
            raise StageError(
                f"{file} judges {line[FILE]} to be '{verdict}', which is not among the genres.{nearest(verdict, [*genres, *LEAVE_OUT])} "
                f"They are {', '.join(genres)}; none and unsure leave a picture out."
            )
        if verdict:
            found.append((line[FILE], known[plain(verdict)]))
    return found
