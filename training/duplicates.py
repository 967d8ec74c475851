"""Which pictures show the same painting, by the Hamming distance of their 64-bit perceptual hashes.

The distances were measured on 3,943 paintings (7.8 million pairs) and on 600 of them stored again: as JPEG of quality 30, at 112x112
and at 224x224 every copy lies within 8 and 99.8% within 6; cropped by 1% on each side 98% lie within 6, by 2% 77%. Of different
files, all 9 pairs within 6 are the same painting; at 8 one of 3 is not, at 10 most of 21 are not, at 12 practically none of 66 is.
imagehash.phash sets half the bits, so that distances are even.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

DUPLICATE = 6  # the same painting: one of the two is left out
ALIKE = 8  # perhaps the same: pictures whose artist is unknown stay on one side of a split
LEAK = 10  # of training and external: one of the three pairs at 10 was the same painting, and a leak costs more than a few pictures

Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_BLOCK = 256  # rows compared at once: 90 MB for 45,000 pictures, whose 10^9 pairs take twelve seconds


@dataclass(frozen=True)
class Pairs:
    """Pairs of positions, first < second, in ascending order of `second`, with their Hamming distance; int64 (p,) each."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    distance: npt.NDArray[np.int64]

    def where(self, flags: Flags) -> "Pairs":
        """The pairs whose flag, bool (p,), is set."""
        return Pairs(self.first[flags], self.second[flags], self.distance[flags])


def near_pairs(hashes: Hashes, distance: int) -> Pairs:
    """Every pair of `hashes`, uint64 (n,), at most `distance` bits apart."""
    found = [np.empty((0, 3), dtype=np.int64)]
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        apart = np.bitwise_count(block[:, None] ^ hashes[None, : start + len(block)])
        second, first = np.nonzero(apart <= distance)
        bits = apart[second, first].astype(np.int64)
        second = second + start
        once = first < second
        found.append(np.stack([first[once], second[once], bits[once]], axis=1))
    first, second, bits = np.concatenate(found).T
    return Pairs(first, second, bits)


def superfluous(pairs: Pairs) -> dict[int, tuple[int, int]]:
    """The positions to leave out so that no pair is left whole: position -> (the kept twin's position, distance).

    Of two the first stays, so sort the pictures by which is to be kept. What is left out drives nothing else out.
    """
    left_out: dict[int, tuple[int, int]] = {}
    for first, second, distance in zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True):
        if first not in left_out and distance < left_out.get(second, (0, 65))[1]:
            left_out[second] = (first, distance)
    return left_out


def tie(count: int, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The group of each of `count` positions, int64 (count,), where the pairs (first, second) each share a group."""
    edges = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], dtype=np.int64)
