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
def test_by_artist_every_picture_is_in_one_split_and_no_group_in_two(arrays: Arrays, seed: int) -> None:
    groups, labels = arrays
    members = split.by_artist(groups, labels, seed)
    assert everything_once(members, len(groups))
    sides = [set(groups[positions].tolist()) for positions in members.values()]
    assert sum(len(side) for side in sides) == len(set().union(*sides))


@given(pictures(), st.integers(0, 5))
def test_by_artist_moving_any_one_group_makes_it_no_better(arrays: Arrays, seed: int) -> None:
    groups, labels = arrays
    members = split.by_artist(groups, labels, seed)
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


def test_by_artist_shares_are_near_where_groups_are_small() -> None:
    labels = np.repeat([0, 1, 2], 200)
    members = split.by_artist(np.arange(600) // 4, labels, 0)
    for name, share in zip(split.SPLITS, split.SHARES, strict=True):
        assert np.bincount(labels[members[name]]) == pytest.approx(200 * share, abs=4)


def test_eight_artists_of_very_different_sizes_still_give_every_split_its_part() -> None:
    sizes = [104, 72, 64, 28, 11, 10, 7, 4]
    groups = np.repeat(np.arange(8), sizes)
    members = split.by_artist(groups, np.zeros(300, dtype=int), 0)
    assert [len(members[name]) for name in split.SPLITS] == pytest.approx([210, 45, 45], abs=25)


@pytest.mark.parametrize(
    "kind", [lambda seed: split.by_artist(np.arange(90), np.arange(90) % 3, seed), lambda seed: split.at_random(np.arange(90) % 3, seed)]
)
def test_the_seed_decides(kind: object) -> None:
    first, again, other = kind(1), kind(1), kind(2)
    assert all(np.array_equal(first[name], again[name]) for name in split.SPLITS)
    assert not np.array_equal(first["test"], other["test"])


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
