"""What people judged of answers, as the page exports it: a verdict in place of a picture's label, or a picture left out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.config import StageError, nearest
from training.layout import plain
from training.listing import LeftOut, Listed
from training.tables import read_table

FILE, VERDICT = "file", "verdict"
LEAVE_OUT = {"none": "judged to be of none of the genres", "unsure": "judged unsure"}


def corrected(pictures: Sequence[Listed], files: Sequence[Path], genres: Sequence[str]) -> tuple[list[Listed], list[LeftOut], list[str]]:
    """The pictures with their labels as judged in `files`, those left out, and sentences on what was done.

    A picture is meant by its path, or by the end of it where only one picture ends so. Of two verdicts on one the later counts.
    Raises StageError where a file is no export, or names another genre.
    """
    ends: dict[str, list[str]] = defaultdict(list)
    for picture in pictures:
        parts = picture.path.split("/")
        for place in range(len(parts)):
            ends["/".join(parts[place:])].append(picture.path)
    paths = {picture.path for picture in pictures}
    verdicts: dict[str, str] = {}
    unmatched: list[str] = []
    for file in files:
        for name, verdict in judged_in(file, genres):
            meant = name.replace("\\", "/")
            fitting = [meant] if meant in paths else ends.get(meant, [])
            if len(fitting) == 1:
                verdicts[fitting[0]] = verdict
            else:
                unmatched.append(f"{name} ({'no such picture' if not fitting else f'{len(fitting)} pictures of that name'})")
    left_out = [LeftOut(path, LEAVE_OUT[verdict]) for path, verdict in verdicts.items() if verdict in LEAVE_OUT]
    kept = [picture for picture in pictures if verdicts.get(picture.path) not in LEAVE_OUT]
    after = [replace(picture, genre=verdicts.get(picture.path, picture.genre)) for picture in kept]
    changed = sum(old.genre != new.genre for old, new in zip(kept, after, strict=True))
    confirmed = len(verdicts) - changed - len(left_out)
    said = [f"Corrections: {changed:,} labels changed, {confirmed:,} confirmed, {len(left_out):,} pictures left out."]
    if unmatched:
        more = f" and {len(unmatched) - 5:,} more" if len(unmatched) > 5 else ""
        said.append(f"Corrections that match no picture: {', '.join(unmatched[:5])}{more}.")
    return after, left_out, said


def judged_in(file: Path, genres: Sequence[str]) -> list[tuple[str, str]]:
    """The file and the verdict, a genre or a key of LEAVE_OUT, of every line that has one."""
    columns, lines = read_table(file)
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
