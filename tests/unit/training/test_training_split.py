import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import split

Arrays = tuple[np.ndarray, np.ndarray]


@st.composite
def pictures(draw: st.DrawFn) -> Arrays:
    """Groups and labels of up to 120 pictures, both counted from 0 without gaps."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 4)), min_size=1, max_size=120))
    groups, labels = np.array(pairs, dtype=np.int64).T
    return np.unique(groups, return_inverse=True)[1], np.unique(labels, return_inverse=True)[1]


def everything_once(members: split.Members, count: int) -> bool:
    return sorted(np.concatenate(list(members.values())).tolist()) == list(range(count))


@given(pictures(), st.integers(0, 5))
def test_by_artist_no_group_is_in_two_splits_and_moving_any_one_makes_it_no_better(arrays: Arrays, seed: int) -> None:
    groups, labels = arrays
    members = split.by_artist(groups, labels, seed)
    assert everything_once(members, len(groups))
    sides = [set(groups[positions].tolist()) for positions in members.values()]
    assert sum(len(side) for side in sides) == len(set().union(*sides))
    side = np.empty(len(groups), dtype=int)
    for number, positions in enumerate(members.values()):
        side[positions] = number

    def cost(sides: np.ndarray) -> float:
        have = np.zeros((3, labels.max() + 1))
        np.add.at(have, (sides, labels), 1)
        target = np.outer(split.SHARES, have.sum(axis=0))
        return float(((have - target) ** 2 / np.maximum(target, 1)).sum())

    for group in range(groups.max() + 1):
        for other in range(3):
            assert cost(np.where(groups == group, other, side)) >= cost(side) - 1e-6


@given(st.lists(st.integers(0, 3), min_size=1, max_size=150).map(np.array), st.integers(0, 5))
def test_at_random_cuts_every_genre_at_70_85(labels: np.ndarray, seed: int) -> None:
    members = split.at_random(labels, seed)
    assert everything_once(members, len(labels))
    for label in np.unique(labels):
        count = int((labels == label).sum())
        assert (labels[members["train"]] == label).sum() == round(0.7 * count)
        assert (labels[members["train"]] == label).sum() + (labels[members["validation"]] == label).sum() == round(0.85 * count)


def test_leaky_has_the_papers_file_counts() -> None:
    members = split.leaky(np.repeat(np.arange(7), 1000), 0)
    # The paper's folders hold 6,727 and 2,527 files of 7,000; two standard deviations are about 36.
    assert len(members["train"]) == pytest.approx(6727, abs=60)
    assert len(members["validation"]) == pytest.approx(2527, abs=60)
    shared = np.intersect1d(members["train"], members["validation"])
    assert len(shared) == len(members["train"]) + len(members["validation"]) - 7000
    assert len(shared) > 2000
