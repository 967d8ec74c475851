"""From labelled pictures to a dataset: the exact pixels that the gateway would produce, chosen, balanced and split.

    python -m training prepare --data FOLDER [FOLDER ...] --out DATASET [--corrections FILE ...] [--columns MEANING=COLUMN ...]
                               [--genres 7|14|NAME ...] [--per-genre 1000] [--per-artist 60] [--split artist|random|leaky|none] [--seed N]

Reads FOLDER/manifest.csv as `collect` writes it, another table in FOLDER or in its place, or the folders in it: genre/picture.jpg, or
genre/artist/picture.jpg. A table names the picture, its genre and, where known, the artist in columns of any common name
(training/layout.py), and in columns of just that name source, label_source, split, width and height; what is outside of its folder only
where it is named itself, as `collect`'s is to be. --corrections takes what the page exports: a verdict replaces the label, `none` and
`unsure` leave the picture out. The first folder is split; what further ones hold is trained on, except works by artists of validation and
test. Rows whose `split` is `external` are never trained on: by a hash of the artist they are `external-tuning`, by which a recipe may be
chosen, or `external-test`, which is only reported. Labels that are not trusted are not trained on (training/labels.py), except with
--trust-labels.
`--split none` puts all but these in train: for the last training, once a run on an artist split has chosen everything.

Of a painting in two genres the label of the larger file counts. Where DATASET is this very dataset already it stays, and one of other
pictures, labels or arguments is refused. Else writes it, through a temporary folder, the same bytes for the same input and arguments:

    pixels.npy    uint8 (n, 224, 224, 3), gateway.picture.preprocess's pixels of each picture: part after part, by path
    rows.csv      pixel (its row of pixels.npy), path, genre, artist, source, split, width, height, sha256, group; in the same order, one
                  line a picture, except for `--split leaky`, where a picture that is in train and in validation has a line for each
    dataset.json  genres in order, arguments, counts, what was left out and why, library versions
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from training import store
from training.artists import artist_key
from training.config import StageError
from training.early import see_that_writable
from training.genres import PAPER_PER_GENRE
from training.inventory import external_by_artists_trained_on, few_artists, sentences
from training.labels import RULES
from training.layout import COLUMNS as MEANINGS
from training.listing import NAMES as LISTS
from training.listing import Listed, base_of
from training.printed import say
from training.selection import balance, group, read_all, without_duplicates
from training.sides import ALL, EXTERNALS, PARTS, Sides, cleaned, sides_of, with_further
from training.sources import pictures_of
from training.store import Report, Row
from training.tell import tell

NO_LICENCE = "Not stated by whoever made the dataset: say it with `prepare --licence`."
# A split's pictures lie one after the other in pixels.npy, the leaky one's too, so that nobody has to copy them.
ARRANGEMENT = (("train",), ("train", "validation"), ("validation",), ("test",), *((name,) for name in EXTERNALS))


AS_NAMED = "; ".join(f"{meaning} (taken from {', '.join(names)})" for meaning, names in MEANINGS.items())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FOLDER", help="folders of pictures, or tables (CSV)")
    parser.add_argument("--out", type=Path, required=True, metavar="DATASET", help="folder to write")
    parser.add_argument("--corrections", type=Path, nargs="+", default=[], metavar="FILE", help="judged answers that the page exported")
    parser.add_argument(
        "--columns", nargs="+", default=[], metavar="MEANING=COLUMN", help=f"of a table, where its names do not tell; MEANING is {AS_NAMED}"
    )
    parser.add_argument(
        "--genres",
        nargs="+",
        metavar="7|14|NAME",
        help="the paper's seven or fourteen, or names (default: those of the first folder; of the paper's fourteen its seven)",
    )
    parser.add_argument(
        "--per-genre",
        type=int,
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
    parser.add_argument(
        "--trust-labels",
        action="store_true",
        help="train on labels, too, that the rules in training/labels.py doubt: WikiArt's and such lists'",
    )
    parser.add_argument("--licence", metavar="TEXT", help="of pictures of your own, for the model card")
    parser.add_argument("--seed", type=int, default=0, help="of the choice and of the split (default 0)")


def run(args: argparse.Namespace) -> None:
    if (args.per_genre is not None and args.per_genre < 1) or args.per_artist < 1 or args.seed < 0:
        raise StageError("--per-genre and --per-artist must be at least 1 and --seed at least 0.")
    if args.out.exists() and not (args.out / "dataset.json").exists():
        raise StageError(f"{args.out} exists and is no dataset. Name another --out, or remove it.")
    see_that_writable(args.out.with_name(f"{args.out.name}.partial"))
    main = base_of(args.data[0])
    listed, genres, left_out, said = pictures_of(args.data, args.columns, args.genres, args.corrections)
    if not args.json:
        say(*said)
    asked: Report = {
        "genres": genres,
        "split": args.split,
        "seed": args.seed,
        "per_genre": args.per_genre or PAPER_PER_GENRE,
        "per_artist": args.per_artist,
        **({"trusted_labels": True} if args.trust_labels else {}),
        **licence_of(main, args.licence),
    }
    store.see_that_same(args.out, asked)
    readable, unreadable = read_all(main, listed)
    unique, duplicates = without_duplicates(readable)
    see_that_all_are_there(genres, unique, listed)
    first = balance([picture for picture in unique if not picture.folder], genres, asked["per_genre"], args.seed)
    sides = sides_of(first, group(first), genres, args.split, args.seed)
    chosen, sides, held = with_further(first, sides, [picture for picture in unique if picture.folder])
    chosen, sides, unwanted = cleaned(chosen, sides, args.per_artist, args.seed, () if args.trust_labels else RULES)
    left_out += unreadable + duplicates + held + unwanted
    chosen, rows = rows_of(chosen, group(chosen), sides)

    counts = {name: count(rows, genres, name) for name in PARTS}
    available = Counter(picture.genre for picture in unique if not picture.is_external)
    report: Report = {
        **asked,
        "pictures": len(chosen),
        "counts": counts,
        "groups": {name: len({row["group"] for row in rows if row["split"] == name}) for name in counts},
        "available": {genre: available[genre] for genre in genres},
        "fewer_than_per_genre": {genre: available[genre] for genre in genres if available[genre] < asked["per_genre"]},
        "without_artist": sum(not row["artist"] for row in rows),
        "external_by_artists_trained_on": external_by_artists_trained_on(rows),
        "left_out_by_reason": dict(sorted(Counter(item.kind for item in left_out).items())),
        "left_out": [asdict(item) for item in left_out],
        "versions": {package: version(package) for package in ("pillow", "numpy", "imagehash")},
    }
    kept = store.made_before(args.out, rows)
    if not kept:
        store.write(args.out, main, chosen, rows, report)
    told = [f"{args.out} holds this dataset already: it stays as it is.", ""][not kept]
    few = few_artists(rows, genres, args.split)
    facts = {**report, "said": said, "few_artists": few, "kept": kept}
    tell(args, facts, *filter(None, [told, *sentences(args.out, report, few, asked_for=args.per_genre)]))


def see_that_all_are_there(genres: Sequence[str], pictures: Sequence[Listed], listed: Sequence[Listed]) -> None:
    """Raises StageError where of a genre no picture to train on is left."""
    left = {picture.genre for picture in pictures if not picture.is_external}
    gone = [f"{genre} (of {sum(picture.genre == genre for picture in listed):,})" for genre in genres if genre not in left]
    if gone:
        raise StageError(
            f"No picture is left of {', '.join(gone)}: they cannot be read, or are copies of others. Mend that, or name the other --genres."
        )


def licence_of(folder: Path, told: str | None) -> dict[str, str]:
    """For the model card; of what `collect` or a metadata.csv lists it is WikiArt's."""
    if told is None and any((folder / name).is_file() for name in LISTS):
        return {}
    return {"licence": told or NO_LICENCE}


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
