"""Which of the listed pictures are used, and which of them belong together: unreadable files and duplicates left out, balance, groups."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gateway.errors import RagamError
from training.artists import artist_key
from training.config import StageError
from training.duplicates import ALIKE, DUPLICATE, LEAK, near_pairs, superfluous, tie
from training.files import is_there
from training.genres import NAMES_14
from training.listing import LeftOut, Listed
from training.pictures import fingerprint, on_all_cores

CONTRADICTING = "duplicate of another genre"


def read_all(folder: Path, listed: Sequence[Listed]) -> tuple[list[Listed], list[LeftOut]]:
    """`listed` with hashes and sizes where the list had none, and what the gateway could not have read."""
    absent = [picture.path for picture in listed if not is_there(picture.file(folder))]
    if absent:
        some = ", ".join(absent[:5]) + " ..." * (len(absent) > 5)
        raise StageError(f"Not found: {len(absent):,} of the {len(listed):,} pictures listed ({some}). Mend or remove these lines.")

    def complete(picture: Listed) -> Listed | LeftOut:
        if picture.phash and picture.sha256:
            return picture
        try:
            seen = fingerprint(picture.file(folder))
        except (RagamError, OSError) as error:
            return LeftOut(picture.path, f"unreadable: {error}")
        known = replace(picture, sha256=seen.sha256, phash=f"{seen.phash:016x}")
        return known if picture.width and picture.height else replace(known, width=seen.width, height=seen.height)

    done = list(on_all_cores(complete, listed, "hash"))
    return [item for item in done if isinstance(item, Listed)], [item for item in done if isinstance(item, LeftOut)]


def hashes_of(pictures: Sequence[Listed]) -> npt.NDArray[np.uint64]:
    return np.array([int(picture.phash, 16) for picture in pictures], dtype=np.uint64)


def without_duplicates(pictures: Sequence[Listed]) -> tuple[list[Listed], list[LeftOut]]:
    """`pictures` without those that show another one's painting, and a list of them.

    An external picture is kept before one to train on, the first folder's before another's, within these the larger; external is
    never thinned.
    """
    ranked = sorted(
        pictures, key=lambda picture: (not picture.is_external, bool(picture.folder), -picture.width * picture.height, picture.path)
    )
    external = np.array([picture.is_external for picture in ranked])
    pairs = near_pairs(hashes_of(ranked), LEAK)
    reach = np.where(external[pairs.first], LEAK, DUPLICATE)
    twins = superfluous(pairs.where(~external[pairs.second] & (pairs.distance <= reach)))
    left_out = [
        LeftOut(ranked[position].path, f"{_twin(ranked[position], ranked[kept])}, {distance} of 64 bits apart", ranked[kept].path)
        for position, (kept, distance) in twins.items()
    ]
    unique = [picture for position, picture in enumerate(ranked) if position not in twins]
    return sorted(unique, key=lambda picture: picture.path), sorted(left_out, key=lambda item: item.path)


def _twin(picture: Listed, kept: Listed) -> str:
    """What `picture` is of the kept one. Two genres of one painting are for somebody to judge: the kept one's counts until then."""
    if kept.is_external:
        return "external"
    return "duplicate" if picture.genre == kept.genre else f"{CONTRADICTING}, {picture.genre} against {kept.genre}"


def balance(pictures: Sequence[Listed], genres: Sequence[str], per_genre: int, seed: int) -> list[Listed]:
    """External whole, and of every genre a random choice of at most `per_genre` of the others, in the order of `pictures`."""
    chosen = {picture.path for picture in pictures if picture.is_external}
    for genre in genres:
        paths = [picture.path for picture in pictures if picture.genre == genre and not picture.is_external]
        # A genre's own stream, so that the choice of seven is the same among fourteen.
        number = NAMES_14.index(genre) if genre in NAMES_14 else zlib.crc32(genre.encode())
        rng = np.random.default_rng([seed, number])
        chosen.update(paths[position] for position in rng.permutation(len(paths))[:per_genre])
    return [picture for picture in pictures if picture.path in chosen]


def at_most(pictures: Sequence[Listed], per_artist: int, seed: int) -> tuple[list[Listed], list[LeftOut]]:
    """A random choice of at most `per_artist` pictures of an artist in a genre, in the order of `pictures`, and the rest."""
    order = np.random.default_rng(seed).permutation(len(pictures))
    taken: Counter[tuple[str, str]] = Counter()
    left_out: dict[str, LeftOut] = {}
    for position in order:
        picture = pictures[position]
        name = (picture.genre, artist_key(picture.artist))
        taken[name] += bool(name[1])
        if taken[name] > per_artist:
            left_out[picture.path] = LeftOut(picture.path, f"one of more than {per_artist} by the artist in the genre")
    return [picture for picture in pictures if picture.path not in left_out], list(left_out.values())


def group(pictures: Sequence[Listed]) -> list[str]:
    """What must stay on one side together: the artist, and where that is unknown the pictures that look alike."""
    names = [artist_key(picture.artist) or picture.path for picture in pictures]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    own = np.array([numbers[name] for name in names], dtype=np.int64)
    unknown = np.array([not artist_key(picture.artist) for picture in pictures])
    pairs = near_pairs(hashes_of(pictures), ALIKE)
    # Two known artists' pictures that look alike say nothing new; the duplicates among them are already left out.
    pairs = pairs.where(unknown[pairs.first] | unknown[pairs.second])
    tied = tie(len(numbers), own[pairs.first], own[pairs.second])
    first_name: dict[int, str] = {}
    for name, number in numbers.items():  # in alphabetical order
        first_name.setdefault(int(tied[number]), name)
    return [first_name[int(tied[number])] for number in own]
