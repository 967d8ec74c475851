"""Which part of a dataset each picture is in: train, validation, test, external-tuning or external-test.

The first folder's pictures are split; those of further folders are all trained on, except where that would put an artist on two sides,
so that validation and test are the same pictures with them and without.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from training import split
from training.labels import RULES, Rule, judged
from training.listing import LeftOut, Listed
from training.selection import at_most, group

EXTERNAL_TUNING = "external-tuning"  # recipe, temperature and thresholds may be chosen by it
EXTERNAL_TEST = "external-test"  # only reported
EXTERNALS = (EXTERNAL_TUNING, EXTERNAL_TEST)
PARTS = (*split.SPLITS, *EXTERNALS)
ALL = "none"  # the split that puts all but the external pictures in train

Sides = list[tuple[str, ...]]


def external_half(artist: str) -> str:
    """The half of the external pictures that an artist is in. It follows from the name alone, so it stays when pictures are added."""
    return EXTERNAL_TUNING if hashlib.sha256(artist.encode()).digest()[-1] % 2 else EXTERNAL_TEST


def sides_of(pictures: Sequence[Listed], groups: Sequence[str], genres: Sequence[str], kind: str, seed: int) -> Sides:
    """The part that each picture is in, or the parts."""
    inside = np.array([position for position, picture in enumerate(pictures) if not picture.is_external], dtype=np.int64)
    labels = np.array([genres.index(pictures[position].genre) for position in inside], dtype=np.int64)
    if kind == ALL:
        members = {"train": np.arange(len(inside))}
    elif kind == "artist":
        numbers = np.unique([groups[position] for position in inside], return_inverse=True)[1]
        members = split.by_artist(numbers, labels, seed)
    elif kind == "random":
        members = split.at_random(labels, seed)
    else:
        members = split.leaky(labels, seed)
    sides: Sides = [(external_half(name),) if picture.is_external else () for picture, name in zip(pictures, groups, strict=True)]
    for name, positions in members.items():
        for position in inside[positions]:
            sides[position] += (name,)
    return sides


def with_further(first: Sequence[Listed], sides: Sides, further: Sequence[Listed]) -> tuple[list[Listed], Sides, list[LeftOut]]:
    """All pictures and their parts, `further` in train but for works by artists of validation or test, or that look like one there."""
    pictures = [*first, *further]
    groups = group(pictures)
    held = {name for name, side in zip(groups, sides, strict=False) if {"validation", "test"} & set(side)}
    allowed = [not picture.folder or name not in held for picture, name in zip(pictures, groups, strict=True)]
    left_out = [
        LeftOut(picture.path, "by an artist of validation or test") for picture, ok in zip(pictures, allowed, strict=True) if not ok
    ]
    kept = [picture for picture, ok in zip(pictures, allowed, strict=True) if ok]
    return kept, sides + [("train",)] * (len(kept) - len(first)), left_out


def cleaned(
    pictures: Sequence[Listed], sides: Sides, per_artist: int, seed: int, rules: Sequence[Rule] = RULES
) -> tuple[list[Listed], Sides, list[LeftOut]]:
    """Of what is only trained on, without labels that `rules` doubt and with at most `per_artist` pictures of an artist in a genre."""
    trained = [picture for picture, side in zip(pictures, sides, strict=True) if side == ("train",)]
    trusted, doubtful = judged(trained, rules)
    few, many = at_most(trusted, per_artist, seed)
    wanted = {picture.path for picture in few}
    kept = [position for position, picture in enumerate(pictures) if sides[position] != ("train",) or picture.path in wanted]
    return [pictures[position] for position in kept], [sides[position] for position in kept], doubtful + many
