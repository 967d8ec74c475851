"""Three ways to cut a set of pictures into train, validation and test. Pure functions of arrays and a seed.

artist  no group (an artist, or pictures that look alike) on two sides: what a held-out figure has to mean here
random  every picture for itself: an artist's other works are in the training set, which flatters
leaky   as the paper did it: two independent splits copied into the same folders, so that most validation pictures are trained on
"""

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

SPLITS = ("train", "validation", "test")
SHARES = (0.70, 0.15, 0.15)
# The paper has 6,727 + 2,527 files of 7,000 pictures: two independent 80/20 splits give 6,720 + 2,520 on average.
LEAKY_SHARE = 0.8

Members = dict[str, Positions]


def by_artist(groups: Positions, labels: Positions, seed: int) -> Members:
    """Every group whole in one split, each genre's share as near to 70/15/15 as the groups allow.

    Greedy and then refined: the largest groups first, each to where it brings the sum of squared relative errors down most, and
    afterwards single groups are moved as long as that lowers the sum. Groups of a size come in a seeded order.

    Args: groups and labels, int64 (n,): the group and the genre of each picture, counted from 0.
    """
    counts = np.zeros((groups.max() + 1, labels.max() + 1))
    np.add.at(counts, (groups, labels), 1)
    target = np.outer(SHARES, counts.sum(axis=0))
    weight = 1 / np.maximum(target, 1)
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    have = np.zeros_like(target)
    side = np.full(len(counts), -1)
    moved = True
    while moved:
        moved = False
        for group in order:
            own = counts[group]
            if side[group] >= 0:
                have[side[group]] -= own
            cost = (own * (own + 2 * (have - target)) * weight).sum(axis=1)
            best = int(np.argmin(cost))
            # The margin keeps rounding from moving a group to and fro for ever.
            if side[group] < 0 or cost[best] < cost[side[group]] - 1e-9:
                side[group], moved = best, True
            have[side[group]] += own
    return {name: np.flatnonzero(side[groups] == number) for number, name in enumerate(SPLITS)}


def at_random(labels: Positions, seed: int) -> Members:
    """70/15/15 of each genre, every picture for itself."""
    rng = np.random.default_rng(seed)
    parts: dict[str, list[Positions]] = {name: [] for name in SPLITS}
    for label in np.unique(labels):
        shuffled = rng.permutation(np.flatnonzero(labels == label))
        cuts = np.round(np.cumsum(SHARES)[:-1] * len(shuffled)).astype(int)
        for name, part in zip(SPLITS, np.split(shuffled, cuts), strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}


def leaky(labels: Positions, seed: int) -> Members:
    """The paper's: train and validation are each the union of two independent 80/20 splits of each genre, and share pictures."""
    rng = np.random.default_rng(seed)
    train: list[Positions] = []
    validation: list[Positions] = []
    for _ in range(2):
        for label in np.unique(labels):
            shuffled = rng.permutation(np.flatnonzero(labels == label))
            cut = round(LEAKY_SHARE * len(shuffled))
            train.append(shuffled[:cut])
            validation.append(shuffled[cut:])
    return {"train": np.unique(np.concatenate(train)), "validation": np.unique(np.concatenate(validation))}
