"""The pictures of a dataset by which two versions can be compared: by artists that neither has learned from."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from release.errors import ReleaseError
from release.versions import CARD, read_card
from training.artists import artist_key
from training.files import regular
from training.reading import reading

WORKS = "assets.extra/works.csv"  # of those that a version has learned from
OWN = ("validation", "test")
PARTS = (*OWN, "external-tuning")
COLUMNS = ("genre", "artist", "group")


@dataclass(frozen=True)
class Part:
    """The pictures uint8 (n, 224, 224, 3) of a part, their genres, their artists, and the groups that belong together."""

    pixels: npt.NDArray[np.uint8]
    genres: npt.NDArray[np.str_]
    artists: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Part":
        return Part(self.pixels[chosen], self.genres[chosen], self.artists[chosen], self.groups[chosen])


def read_parts(folder: Path) -> dict[str, Part]:
    """The parts of the dataset in `folder` that have pictures. Raises ReleaseError where there are none."""
    with reading(f"{folder} is no dataset: {{cause}}. Name the folder that `python -m training prepare` wrote.", ReleaseError):
        pixels = np.load(regular(folder / "pixels.npy"), mmap_mode="r")
        with regular(folder / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        chosen = {part: [row for row in rows if row["split"] == part] for part in PARTS}
        if not any(chosen.values()):
            raise ReleaseError(f"{folder} has no pictures of {', '.join(PARTS)}.")
        return {
            part: Part(pixels[[int(row["pixel"]) for row in found]], *(np.array([row[name] for row in found]) for name in COLUMNS))
            for part, found in chosen.items()
            if found
        }


def fair_of(parts: dict[str, Part], versions: Sequence[Path]) -> dict[str, Part]:
    """What remains of each part, where something does. External pictures are never learned from, and all count.

    A version with a list of works has learned from their artists; of one without, its card tells the parts of its own dataset.
    """
    fair = dict(parts)
    for version in versions:
        artists, learned = artists_of(version), learned_from(version)
        for name in OWN:
            if name in fair and artists is not None:
                fair[name] = fair[name].where(~np.isin(fair[name].artists, list(artists)))
            elif name in learned:
                fair.pop(name, None)
    return {name: part for name, part in fair.items() if len(part.genres)}


def artists_of(version: Path) -> set[str] | None:
    """Of the works that a version knows, as a dataset names them; None where it has no list of works."""
    if not (version / WORKS).is_file():
        return None
    with (
        reading(f"{version / WORKS} cannot be read: {{cause}}.", ReleaseError),
        (version / WORKS).open(newline="", encoding="utf-8") as file,
    ):
        return {artist_key(row["artist"]) for row in csv.DictReader(file)} - {""}


def learned_from(version: Path) -> set[str]:
    """The parts of an artist split that a version has learned from, by its card; `train` where that does not tell."""
    if not (version / CARD).is_file():
        return {"train"}
    with reading(f"{version / CARD} cannot be read: {{cause}}.", ReleaseError):
        return {str(part) for part in read_card(version).get("data", {}).get("learned_from", ["train"])}
