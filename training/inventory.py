"""What a person should know of a dataset: its parts in numbers, what flatters, and what was left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from training import split, store
from training.hints import counted
from training.selection import CONTRADICTING
from training.sides import ALL, EXTERNALS
from training.store import Report, Row

FEW_ARTISTS = 5  # of a genre in a part: fewer say more of themselves than of the genre


def external_by_artists_trained_on(rows: Sequence[Row]) -> int:
    """External pictures by artists of whom other works are trained on: external means another source, not another artist."""
    trained = {row["artist"] for row in rows if row["split"] == "train"} - {""}
    return sum(row["split"] in EXTERNALS and row["artist"] in trained for row in rows)


def few_artists(rows: Sequence[Row], genres: Sequence[str], kind: str) -> dict[str, list[str]]:
    """By part the genres with pictures of fewer than FEW_ARTISTS artists, or groups, there: their figures are those of single artists."""
    if kind != "artist":
        return {}
    groups = Counter((row["split"], row["genre"]) for row in {(row["split"], row["genre"], row["group"]): row for row in rows}.values())
    found = {name: [genre for genre in genres if 0 < groups[name, genre] < FEW_ARTISTS] for name in split.SPLITS}
    return {name: few for name, few in found.items() if few}


def table(report: Report) -> Iterator[str]:
    """The pictures of each genre in each part; the external parts only where there are such pictures."""
    counts = {name: part for name, part in report["counts"].items() if name in split.SPLITS or any(part.values())}
    lines = [["", *counts], *([genre, *(f"{part[genre]:,}" for part in counts.values())] for genre in report["genres"])]
    lines.append(["artists, or look-alikes", *(f"{report['groups'][name]:,}" for name in counts)])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    for first, *others in lines:
        yield "  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))])


def sentences(out: Path, report: Report, few: Mapping[str, Sequence[str]], *, asked_for: int | None) -> Iterator[str]:
    """What a person should know of the dataset. asked_for: the number of pictures a genre, where one was."""
    yield f"{out}: {counted(report['pictures'], 'picture')}, split {report['split']}, seed {report['seed']}"
    yield from table(report)
    if report["without_artist"] and report["split"] == "artist":
        yield (
            f"{report['without_artist']:,} of the pictures name no artist. Those that look alike stay together, but an artist's works "
            "can be on two sides: what is measured flatters."
        )
    fewer = report["fewer_than_per_genre"] if asked_for is not None else {}
    if fewer:
        yield f"Fewer than --per-genre {asked_for:,}: {', '.join(f'{genre} has {number:,}' for genre, number in fewer.items())}."
    for name in split.SPLITS[: {"leaky": 2, ALL: 1}.get(report["split"], 3)]:
        empty = [genre for genre in report["genres"] if not report["counts"][name][genre]]
        if empty:
            yield f"No picture of {', '.join(empty)} in {name}: too few {'pictures' if report['without_artist'] else 'artists'}."
    if few:
        where = "; ".join(
            f"in {name} {'all genres' if len(genres) == len(report['genres']) else ', '.join(genres)}" for name, genres in few.items()
        )
        yield f"Of fewer than {FEW_ARTISTS} artists, or look-alikes: {where}. What is learned, chosen or measured there is about these few."
    yield from left_out(out, report)
    if report["external_by_artists_trained_on"]:
        yield f"External: {report['external_by_artists_trained_on']:,} pictures are by artists of whom others are trained on."


def left_out(out: Path, report: Report) -> Iterator[str]:
    """How many pictures, why, and which paintings lie in two genres."""
    if report["left_out"]:
        yield f"Left out: {len(report['left_out']):,}, each with its reason in {out / store.ABOUT}."
    for kind, number in report["left_out_by_reason"].items():
        yield f"  {number:,} {kind}"
    twice = [f"{item['path']} and {item['kept']}" for item in report["left_out"] if item["reason"].startswith(CONTRADICTING)]
    if twice:
        some = "; ".join(twice[:5]) + " ..." * (len(twice) > 5)
        yield f"{counted(len(twice), 'painting')} in two genres, of which that of the second file counts: {some}."
