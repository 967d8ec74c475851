"""What is prepared: the pictures of all folders and tables, with the labels that people corrected, and the genres."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.config import StageError, nearest
from training.corrections import corrected
from training.genres import NAMES_7, NAMES_14
from training.layout import COLUMNS, plain
from training.listing import LeftOut, Listed, base_of, read, read_further, table_in


def pictures_of(
    data: Sequence[Path], columns: Sequence[str], asked: Sequence[str] | None, corrections: Sequence[Path]
) -> tuple[list[Listed], tuple[str, ...], list[LeftOut], list[str]]:
    """The pictures that these arguments of `prepare` name, labels corrected; the genres; what is left out; what to say of it."""
    chosen = dict(pair.partition("=")[::2] for pair in columns)
    for meaning in chosen:
        if meaning not in COLUMNS:
            raise StageError(f"--columns knows no '{meaning}'.{nearest(meaning, COLUMNS)} It takes {', '.join(COLUMNS)}.")
    first, further = read(data[0], chosen), read_further(data, chosen)
    see_inside(data, first.pictures + further.pictures)
    listed = _spelt_alike(first.pictures + further.pictures)
    genres = genres_of(asked, listed[: len(first.pictures)])
    others = sorted({picture.genre for picture in listed} - {"", *genres})
    said = [*first.said, *further.said]
    if others:
        number = sum(picture.genre in others for picture in listed)
        some = ", ".join(others[:8]) + " ..." * (len(others) > 8)
        said.append(f"{number:,} pictures of {len(others):,} other genres are not taken: {some}.")
    name = base_of(data[0]).resolve().name
    listed, left_out, judged = corrected(listed, corrections, genres, name) if corrections else (listed, [], [])
    # After the corrections, for a verdict can be the genre of a picture whose line has none.
    left_out += [LeftOut(picture.path, "no genre: its line in the table has none") for picture in listed if not picture.genre]
    listed = [picture for picture in listed if picture.genre in genres]
    missing = [genre for genre in genres if not any(picture.genre == genre and not picture.is_external for picture in listed)]
    if missing:
        raise StageError(f"{data[0]} lists no picture to train on of {', '.join(missing)}.")
    return listed, genres, first.left_out + further.left_out + left_out, said + judged


def see_inside(data: Sequence[Path], pictures: Sequence[Listed]) -> None:
    """Raises StageError where a table lists a picture outside of its folder, and only the folder was named.

    It may have come with somebody else's pictures: any picture of this machine would be in the dataset, and in a run's files.
    """
    trusted = {base_of(one) for one in data if one.is_file()}
    for picture in pictures:
        folder, path = Path(picture.folder) if picture.folder else base_of(data[0]), Path(picture.path)
        if folder not in trusted and (path.is_absolute() or ".." in path.parts):
            raise StageError(
                f"{table_in(folder)} lists {path}, which is outside of its folder. Where you trust the table, name it itself: "
                f"--data {table_in(folder)}."
            )


def genres_of(asked: Sequence[str] | None, pictures: Sequence[Listed]) -> tuple[str, ...]:
    """The genres in order. Raises StageError where there are fewer than two."""
    found = {picture.genre for picture in pictures if not picture.is_external} - {""}
    if asked in (["7"], ["14"]):
        return NAMES_7 if asked == ["7"] else NAMES_14
    if asked is None and found >= set(NAMES_14):
        return NAMES_7
    for name in asked or ():
        if name not in found:
            raise StageError(f"There is no picture of '{name}'.{nearest(name, found)} The genres are {', '.join(sorted(found))}.")
    genres = tuple(sorted(set(asked or found)))
    if len(genres) < 2:
        raise StageError(f"There is only one genre, {', '.join(genres)}: a model tells two or more apart.")
    return genres


def _spelt_alike(pictures: Sequence[Listed]) -> list[Listed]:
    """`pictures` with every genre as it is spelt first."""
    spelling: dict[str, str] = {}
    return [replace(picture, genre=spelling.setdefault(plain(picture.genre), picture.genre)) for picture in pictures]
