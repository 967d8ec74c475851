"""What a folder of somebody's own pictures, or their table, calls a picture, a genre and an artist. Pure but for `tree`, which looks."""

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from training.config import StageError, nearest
from training.files import folders, why_no_picture, why_not_read
from training.genres import NAMES_14
from training.hints import counted

# What is meant, and the names of columns that mean it, the surest first; without case, blanks and punctuation.
COLUMNS = {
    "path": ("path", "file", "filename", "filepath", "image", "imagepath", "imagefile", "picture", "img", "photo", "relativepath"),
    "genre": (
        *("genre", "style", "label", "class", "artstyle", "stylename", "genrename", "movement", "artmovement", "category"),
        *("classname", "target"),
    ),
    "artist": (
        *(
            "artist",
            "painter",
            "artistname",
            "paintername",
            "artistfullname",
            "nameofartist",
            "nameofpainter",
            "artistid",
            "artists",
            "painters",
        ),
        *("author", "authorname", "creator", "creatorname", "maker", "makername", "paintedby", "createdby", "artistdisplayname"),
    ),
    "title": ("title", "paintingtitle", "artworktitle", "imagetitle", "titleofpainting", "paintingname", "artworkname"),
}
REQUIRED = ("path", "genre")
# A column with this in its name may be the artist's.
ARTIST_LIKE = re.compile("artist|paint(er|ed.?by)|author|creator|maker", re.IGNORECASE)
LOOSE = "it lies in no genre's folder"
# Folders that are no genre and no artist. The split is always made anew.
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}
NO_ARTIST = {"images", "image", "pictures", "imgs", "img", "jpg", "jpeg", "png", "photos", "paintings", *SPLITS}


def columns_of(names: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The column for each of COLUMNS that a table with these `names` has, as `chosen` or by its name. Raises StageError."""
    found = {}
    for meaning, synonyms in COLUMNS.items():
        wanted = chosen.get(meaning)
        if wanted is not None and wanted not in names:
            raise StageError(f"There is no column '{wanted}'.{nearest(wanted, names)} The columns are {', '.join(names)}.")
        by_name = {plain(name): name for name in reversed(names)}
        column = wanted or next((by_name[synonym] for synonym in synonyms if synonym in by_name), None)
        if column is not None:
            found[meaning] = column
    return found


def what_was_taken(file: Path, names: Sequence[str], columns: Mapping[str, str], others: Collection[str]) -> list[str]:
    """A sentence on the columns taken, and one on the others, one of which may be the artist's."""
    taken = ", ".join(f"{column} for the {meaning}" for meaning, column in columns.items())
    rest = [name for name in names if name not in columns.values() and name not in others]
    said = [f"{file}: taken {taken}{'' if 'artist' in columns else '; no column for the artist'}."]
    if rest:
        likely = next((name for name in rest if "artist" not in columns and ARTIST_LIKE.search(name)), None)
        meaning = "artist" if "artist" not in columns else "MEANING"
        not_taken = f"{', '.join(rest[:12])}{' ...' * (len(rest) > 12)}"
        said.append(f"{file}: not taken {not_taken}. Another choice: --columns {meaning}={shlex.quote(likely or 'COLUMN')}.")
    return said


def tree(root: Path) -> tuple[list[dict[str, str]], list[tuple[str, str]], list[str]]:
    """The pictures in the folders of genres under `root`: lines of path, genre and artist; files left out with the reason; what to say.

    The first folder on the way to a file is its genre, the second its artist. A folder without a picture in it is no genre.
    """
    walked = [(folder.relative_to(root).parts, folder, files) for folder, files in folders(root)]
    tops = {plain(parts[0]) for parts, _, _ in walked if parts}
    said = []
    if tops and tops <= SPLITS:
        said.append(f"{root}: its folders are those of a split, which is made anew.")
        walked = [(parts[1:], folder, files) for parts, folder, files in walked]
    lines: list[dict[str, str]] = []
    left_out: list[tuple[str, str]] = []
    for parts, _, files in walked:
        for file in sorted(files):
            path = file.relative_to(root).as_posix()
            reason = why_not_read(file) or why_no_picture(file) or (None if parts else LOOSE)
            if reason is not None:
                left_out.append((path.encode("utf-8", "backslashreplace").decode(), reason))
                continue
            artist = parts[1].replace("_", " ") if len(parts) > 1 and plain(parts[1]) not in NO_ARTIST else ""
            lines.append({"path": path, "genre": parts[0], "artist": artist})
    genres = {line["genre"] for line in lines}
    artists = {line["artist"] for line in lines} - {""}
    of_artists = f", and {counted(len(artists), 'folder')} in them for artists" if artists else "; no folders of artists in them"
    if genres:
        said.append(f"{root}: of its folders {len(genres):,} were taken for genres{of_artists}.")
    empty = sorted({parts[0] for parts, _, _ in walked if parts} - genres)
    if empty:
        said.append(f"{root}: no JPEG or PNG picture in {', '.join(empty[:8])}{' ...' * (len(empty) > 8)}, so no genre.")
    return lines, left_out, said


def genre_name(text: str) -> str:
    """A genre as it is written in answers: of a folder's name the underscores are blanks, and the paper's genres are spelt as there."""
    name = " ".join(text.replace("_", " ").split())
    return next((known for known in NAMES_14 if plain(known) == plain(name)), name)


def plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
