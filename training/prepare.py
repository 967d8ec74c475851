"""From labelled pictures to a dataset: the exact pixels that the gateway would produce, chosen, balanced and split.

    python -m training prepare --data FOLDER [FOLDER ...] --out DATASET [--genres 7|14] [--per-genre 1000] [--per-artist 60]
                               [--split artist|random|leaky|none] [--seed N]

Reads FOLDER/manifest.csv as `collect` writes it, or FOLDER/metadata.csv (columns path and genre; artist, source, label_source, split,
width and height where known). The first folder is split; what further ones hold is trained on, except works by artists of validation
and test. Rows whose split is `external` are never trained on: by a hash of the artist they are `external-tuning`, by which a recipe may
be chosen, or `external-test`, which is only reported. Labels that are not trusted are not trained on (training/labels.py).
`--split none` puts all but these in train: for the last training, once a run on an artist split has chosen everything.

Writes DATASET, through a temporary folder beside it, byte for byte the same for the same input and arguments:

    pixels.npy    uint8 (n, 224, 224, 3), gateway.picture.preprocess's pixels of each picture: part after part, by path
    rows.csv      pixel (its row of pixels.npy), path, genre, artist, source, split, width, height, sha256, group; in the same order, one
                  line a picture, except for `--split leaky`, where a picture that is in train and in validation has a line for each
    dataset.json  genres in order, arguments, counts, what was left out and why, library versions
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gateway.contract import IMAGE_SHAPE
from gateway.errors import RagamError
from training import split
from training.config import StageError
from training.genres import NAMES_7, NAMES_14, PAPER_PER_GENRE
from training.listing import Listed, artist_key, read_further, read_listing
from training.pictures import on_all_cores, read_pixels
from training.selection import balance, group, read_all, without_duplicates
from training.sides import ALL, EXTERNALS, PARTS, Sides, cleaned, sides_of, with_further

# A split's pictures lie one after the other in pixels.npy, the leaky one's too, so that nobody has to copy them.
ARRANGEMENT = (("train",), ("train", "validation"), ("validation",), ("test",), *((name,) for name in EXTERNALS))

Row = dict[str, str | int]
Report = dict[str, Any]

COLUMNS = ("pixel", "path", "genre", "artist", "source", "split", "width", "height", "sha256", "group")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FOLDER", help="folders with manifest.csv or metadata.csv")
    parser.add_argument("--out", type=Path, required=True, metavar="DATASET", help="folder to write")
    parser.add_argument("--genres", type=int, choices=(7, 14), default=7, help="the paper's seven, or all (default 7)")
    parser.add_argument(
        "--per-genre",
        type=int,
        default=PAPER_PER_GENRE,
        metavar="N",
        help="at most so many pictures a genre of the first folder (default 1000)",
    )
    parser.add_argument(
        "--per-artist", type=int, default=60, metavar="N", help="train on at most so many of an artist in a genre (default 60)"
    )
    parser.add_argument(
        "--split",
        choices=("artist", "random", "leaky", ALL),
        default="artist",
        help="no artist on two sides (default), the paper's ways, or all in train",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the choice and of the split (default 0)")


def run(args: argparse.Namespace) -> None:
    if args.per_genre < 1 or args.per_artist < 1 or args.seed < 0:
        raise StageError("--per-genre and --per-artist must be at least 1 and --seed at least 0.")
    if args.out.exists() and not (args.out / "dataset.json").exists():
        raise StageError(f"{args.out} exists and is no dataset. Name another --out, or remove it.")
    genres = NAMES_7 if args.genres == 7 else NAMES_14

    main = args.data[0]
    listed = [picture for picture in read_listing(main) + read_further(args.data) if picture.genre in genres]
    missing = [genre for genre in genres if not any(picture.genre == genre and not picture.is_external for picture in listed)]
    if missing:
        raise StageError(f"{main} lists no picture to train on of {', '.join(missing)}.")
    readable, unreadable = read_all(main, listed)
    unique, duplicates = without_duplicates(readable)
    first = balance([picture for picture in unique if not picture.folder], genres, args.per_genre, args.seed)
    sides = sides_of(first, group(first), genres, args.split, args.seed)
    chosen, sides, held = with_further(first, sides, [picture for picture in unique if picture.folder])
    chosen, sides, unwanted = cleaned(chosen, sides, args.per_artist, args.seed)
    left_out = unreadable + duplicates + held + unwanted
    chosen, rows = rows_of(chosen, group(chosen), sides)

    counts = {name: count(rows, genres, name) for name in PARTS}
    available = Counter(picture.genre for picture in unique if not picture.is_external)
    report: Report = {
        "genres": genres,
        "split": args.split,
        "seed": args.seed,
        "per_genre": args.per_genre,
        "per_artist": args.per_artist,
        "pictures": len(chosen),
        "counts": counts,
        "groups": {name: len({row["group"] for row in rows if row["split"] == name}) for name in counts},
        "available": {genre: available[genre] for genre in genres},
        "fewer_than_per_genre": {genre: available[genre] for genre in genres if available[genre] < args.per_genre},
        "external_by_artists_trained_on": external_by_artists_trained_on(rows),
        "left_out_by_reason": dict(sorted(Counter(item.kind for item in left_out).items())),
        "left_out": [asdict(item) for item in left_out],
        "versions": {package: version(package) for package in ("pillow", "numpy", "imagehash")},
    }
    write(args.out, main, chosen, rows, report)
    tell(args.out, report)


def rows_of(pictures: Sequence[Listed], groups: Sequence[str], sides: Sides) -> tuple[list[Listed], list[Row]]:
    """The pictures in the order of pixels.npy, and the lines of rows.csv."""
    order = sorted(range(len(pictures)), key=lambda position: (ARRANGEMENT.index(sides[position]), pictures[position].path))
    arranged = [pictures[position] for position in order]
    rows: list[Row] = []
    for name in PARTS:
        for pixel, (position, picture) in enumerate(zip(order, arranged, strict=True)):
            if name in sides[position]:
                own: Row = {"pixel": pixel, "split": name, "artist": artist_key(picture.artist), "group": groups[position]}
                rows.append(asdict(picture) | own)
    return arranged, rows


def count(rows: Sequence[Row], genres: Sequence[str], name: str) -> dict[str, int]:
    found = Counter(row["genre"] for row in rows if row["split"] == name)
    return {genre: found[genre] for genre in genres}


def external_by_artists_trained_on(rows: Sequence[Row]) -> int:
    """External pictures by artists of whom other works are trained on: external means another source, not another artist."""
    trained = {row["artist"] for row in rows if row["split"] == "train"} - {""}
    return sum(row["split"] in EXTERNALS and row["artist"] in trained for row in rows)


def write(out: Path, folder: Path, pictures: Sequence[Listed], rows: Sequence[Row], report: Report) -> None:
    """The dataset's three files in `out`, whole or not at all."""
    partial = out.with_name(out.name + ".partial")
    previous = out.with_name(out.name + ".previous")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        pixels = empty_pixels(partial / "pixels.npy", len(pictures))

        def fill(position: int) -> None:
            pixels[position] = pixels_as_listed(folder, pictures[position])

        for _ in on_all_cores(fill, range(len(pictures)), "pixels"):
            pass
        pixels.flush()
        with (partial / "rows.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        (partial / "dataset.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        shutil.rmtree(previous, ignore_errors=True)
        if out.exists():
            out.rename(previous)
        partial.rename(out)
        shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise StageError(f"{out} cannot be written: {error.strerror or error}. Nothing was changed there.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def pixels_as_listed(folder: Path, picture: Listed) -> npt.NDArray[np.uint8]:
    """The pixels of `picture`, uint8 (224, 224, 3). Raises StageError where its file is not the one that was listed."""
    try:
        data = picture.file(folder).read_bytes()
        if hashlib.sha256(data).hexdigest() == picture.sha256:
            return read_pixels(data)
    except (OSError, RagamError) as error:
        raise StageError(f"{picture.path} cannot be read any more: {error}.") from error
    raise StageError(f"{picture.path} has changed since it was listed. Run `collect` again.")


def empty_pixels(file: Path, pictures: int) -> np.memmap[Any, np.dtype[np.uint8]]:
    """A memory-mapped .npy file of uint8 (pictures, 224, 224, 3) whose blocks are allocated.

    Without the allocation a full disk would end the process with SIGBUS where now it is an OSError.
    """
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(pictures, *IMAGE_SHAPE))
    with file.open("r+b") as handle:
        os.posix_fallocate(handle.fileno(), 0, file.stat().st_size)
    return pixels


def tell(out: Path, report: Report) -> None:
    """What a person should know of the dataset, on stdout."""
    print(f"{out}: {report['pictures']:,} pictures, split {report['split']}, seed {report['seed']}")
    counts = report["counts"]
    print(f"{'':16}" + "".join(f"{name:>12}" for name in counts))
    for genre in report["genres"]:
        print(f"{genre:16}" + "".join(f"{part[genre]:12,}" for part in counts.values()))
    print(f"{'artists/groups':16}" + "".join(f"{number:12,}" for number in report["groups"].values()))
    for genre, number in report["fewer_than_per_genre"].items():
        print(f"{genre}: {number:,} pictures, fewer than the {report['per_genre']:,} asked for.")
    for name in split.SPLITS[: {"leaky": 2, ALL: 1}.get(report["split"], 3)]:
        empty = [genre for genre in report["genres"] if not counts[name][genre]]
        if empty:
            print(f"No picture of {', '.join(empty)} in {name}: too few artists.")
    print(f"Left out: {len(report['left_out']):,}, each with its reason in dataset.json.")
    for kind, number in report["left_out_by_reason"].items():
        print(f"  {number:,} {kind}")
    if report["external_by_artists_trained_on"]:
        print(f"External: {report['external_by_artists_trained_on']:,} pictures are by artists of whom others are trained on.")
