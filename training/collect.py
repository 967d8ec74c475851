"""From the downloads to a list of pictures that can be trained on.

    python -m training collect --out FOLDER [--from DOWNLOADED ...] [--genres 14|7]

Downloads both Kaggle data sets with kagglehub (29 GB, into its own cache), or takes what was downloaded before: every DOWNLOADED is
searched for the genres' folders (training/genres.py). Every file in them is read by the gateway's own functions; what cannot be read
(a name that is not UTF-8, a link that leads nowhere, a pipe, a folder without permission) is listed with its reason.

Writes FOLDER:

    fingerprints.jsonl  one line a file as soon as it is read; the same command after a kill or a crash goes on from there
    left_out.csv        path, reason, kept: unreadable files, and exact and near duplicates, across genres and sources, with the kept twin
    manifest.csv        path, genre, artist, source, split, width, height, sha256, phash: the input of `prepare`; written last
"""

import argparse
import csv
import errno
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from training.config import StageError
from training.files import folders, folders_left_out, why_not_read
from training.fingerprints import read_all
from training.genres import FOURTEEN, NAMES_7, PAPER_TOTAL, Genre
from training.listing import LeftOut, Listed
from training.pictures import Fingerprint
from training.selection import CONTRADICTING, without_duplicates
from training.tell import tell
from training.whole import whole

# WikiArt's own file names: vincent-van-gogh_the-starry-night.jpg. A single word before the underscore is as often no name (image_12.jpg).
ARTIST_IN_NAME = re.compile(r"([^\W\d_]+[.']?(?:-[^\W\d_]+[.']?)+)_.+")


@dataclass(frozen=True)
class Found:
    """A file in a genre's folder, before anything has looked inside it."""

    file: Path
    genre: str
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write; an unfinished one goes on")
    parser.add_argument(
        "--from", type=Path, nargs="+", dest="downloaded", metavar="DOWNLOADED", help="take local folders, download nothing"
    )
    parser.add_argument("--genres", type=int, choices=(14, 7), default=14, help="the paper's fourteen (default), or only its seven")


def run(args: argparse.Namespace) -> None:
    genres = [genre for genre in FOURTEEN if args.genres == 14 or genre.name in NAMES_7]
    roots = roots_of(genres, args.downloaded)
    found = find(genres, roots)
    reasons: dict[Path, Fingerprint | str] = {item.file: reason for item in found if (reason := why_not_read(item.file))}
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        seen = read_all([item.file for item in found if item.file not in reasons], args.out / "fingerprints.jsonl")
        readable, left_out = sort_out(found, seen | reasons, args.out)
        left_out += [LeftOut(str(folder), f"unreadable: {reason}") for root, _ in roots for folder, reason in folders_left_out(root)]
        kept, duplicates = without_duplicates(readable)
        write_csv(args.out / "left_out.csv", LeftOut, sorted(left_out + duplicates, key=lambda item: item.path))
        write_csv(args.out / "manifest.csv", Listed, kept)
    except OSError as error:
        again = (
            "Make room and run the same command again: it goes on" if error.errno == errno.ENOSPC else "Run the same command again to go on"
        )
        is_ours = error.filename is None or Path(error.filename).is_relative_to(args.out)
        what = f"{args.out} cannot be written" if is_ours else f"{error.filename} cannot be read"
        raise StageError(f"{what}: {error.strerror}. {again} from the pictures already read.") from error
    counts = {name: Counter(item.genre for item in items) for name, items in (("files", found), ("readable", readable), ("kept", kept))}
    twice = sum(item.reason.startswith(CONTRADICTING) for item in duplicates)
    told = f"{twice:,} files are copies of a painting in another genre: left_out.csv names both." if twice else ""
    tell(args, counts, *sentences(genres, found, readable, kept), *filter(None, [told]))


def roots_of(genres: Sequence[Genre], downloaded: Sequence[Path] | None) -> list[tuple[Path, str]]:
    """The folders to look in, each with the name of its source."""
    if downloaded is None:
        return [(download(source), source) for source in sorted({genre.source for genre in genres})]
    missing = [str(folder) for folder in downloaded if not folder.is_dir()]
    if missing:
        raise StageError(f"There is no folder {', '.join(missing)}.")
    return [(folder.resolve(), folder.resolve().name) for folder in downloaded]


def download(source: str) -> Path:
    """The local folder of a Kaggle data set, downloaded where it is not there yet. Raises StageError."""
    # Takes a second to import, which `--from` and `--help` need not wait for.
    import kagglehub
    from kagglehub.exceptions import CredentialError, DataCorruptionError, UnauthenticatedError

    instead = f"or download https://www.kaggle.com/datasets/{source} yourself and name its folder with --from"
    try:
        return Path(kagglehub.dataset_download(source))
    except (CredentialError, UnauthenticatedError) as error:
        raise StageError(f"Kaggle wants a login for {source}: put an API token into ~/.kaggle/kaggle.json, {instead}.") from error
    except DataCorruptionError as error:
        raise StageError(f"The download of {source} was damaged on the way: run the same command again, {instead}.") from error
    except OSError as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in {401, 403}:
            raise StageError(f"Kaggle refuses {source} to this login: put an API token into ~/.kaggle/kaggle.json, {instead}.") from error
        if error.errno == errno.ENOSPC:
            raise StageError(
                f"The disk is full: {source} needs up to 60 GB while it is unpacked. Make room and run the command again."
            ) from error
        raise StageError(f"{source} cannot be downloaded, is Kaggle reachable? Try again, {instead}.") from error


def find(genres: Sequence[Genre], roots: Sequence[tuple[Path, str]]) -> list[Found]:
    """Every file under a folder that is named for one of `genres`, by path; of folders in folders the innermost counts.

    Raises StageError where a genre has no such file.
    """
    genre_of = {_plain(name): genre.name for genre in genres for name in (genre.name, *genre.folders)}
    found: dict[Path, Found] = {}
    for root, source in roots:
        for folder, files in folders(root):
            names = [root.name, *folder.relative_to(root).parts]
            genre = next((genre_of[_plain(name)] for name in reversed(names) if _plain(name) in genre_of), None)
            if genre is not None:
                found.update((file, Found(file, genre, source)) for file in files)
    present = {item.genre for item in found.values()}
    missing = [f"{genre.name} (a folder {' or '.join(genre.folders)})" for genre in genres if genre.name not in present]
    if missing:
        raise StageError(f"There is no file of {', '.join(missing)} in {', '.join(str(root) for root, _ in roots)}.")
    return [found[file] for file in sorted(found)]


def sort_out(found: Sequence[Found], seen: dict[Path, Fingerprint | str], out: Path) -> tuple[list[Listed], list[LeftOut]]:
    readable: list[Listed] = []
    left_out: list[LeftOut] = []
    for item in found:
        path = str(item.file.relative_to(out.resolve()) if item.file.is_relative_to(out.resolve()) else item.file)
        fact = seen[item.file]
        if isinstance(fact, str):
            left_out.append(LeftOut(path, f"unreadable: {fact}"))
        else:
            readable.append(
                Listed(
                    path,
                    item.genre,
                    artist_in(item.file),
                    item.source,
                    width=fact.width,
                    height=fact.height,
                    sha256=fact.sha256,
                    phash=f"{fact.phash:016x}",
                )
            )
    return readable, left_out


def artist_in(file: Path) -> str:
    """The artist in a file name of WikiArt's form, or nothing."""
    match = ARTIST_IN_NAME.fullmatch(file.stem)
    return match[1].replace("-", " ") if match else ""


def write_csv(file: Path, kind: type[Listed | LeftOut], items: Sequence[Listed | LeftOut]) -> None:
    """`file` with a line for each of `items`, whole or not at all."""
    # Of a name that is not UTF-8, which only left_out.csv has, the other bytes are written as in caf\\udce9.
    with whole(file) as beside, beside.open("w", newline="", encoding="utf-8", errors="backslashreplace") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        names = [field.name for field in fields(kind) if field.name != "folder"]  # the list's own folder is meant
        writer.writerow(names)
        writer.writerows([getattr(item, name) for name in names] for item in items)


def sentences(genres: Sequence[Genre], found: Sequence[Found], readable: Sequence[Listed], kept: Sequence[Listed]) -> Iterator[str]:
    """The inventory beside the paper's."""
    files, good, left = (Counter(item.genre for item in items) for items in (found, readable, kept))
    yield f"{'':18}{'files':>9}{'readable':>10}{'kept':>9}{'paper':>11}"
    for genre in genres:
        yield f"{genre.name:18}{files[genre.name]:9,}{good[genre.name]:10,}{left[genre.name]:9,}{genre.pictures:11,}"
    yield f"{'together':18}{len(found):9,}{len(readable):10,}{len(kept):9,}{sum(genre.pictures for genre in genres):11,}"
    for genre in genres:
        if files[genre.name] != genre.pictures:
            yield f"{genre.name}: {files[genre.name] - genre.pictures:+,} files against the paper's set."
    if len(genres) == len(FOURTEEN):
        yield f"The paper counts {PAPER_TOTAL:,} pictures in 14 genres; these are {len(found) - PAPER_TOTAL:+,} files against that."
    yield f"{sum(bool(item.artist) for item in kept):,} of the {len(kept):,} pictures kept name an artist."


def _plain(name: str) -> str:
    return name.casefold().replace(" ", "_").replace("-", "_")
