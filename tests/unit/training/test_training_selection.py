"""Which pictures stay, and which belong together."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.duplicates import near_pairs, superfluous
from training.listing import Listed
from training.selection import balance, group, without_duplicates

# A few base hashes with few bits changed, so that near pairs occur; 600 is more than one block.
hashes = st.lists(
    st.tuples(st.sampled_from([0, 0xFFFF_0000_FFFF_0000, 0x0123_4567_89AB_CDEF]), st.sets(st.integers(0, 63), max_size=8)), max_size=40
).map(lambda drawn: np.array([base ^ sum(1 << bit for bit in bits) for base, bits in drawn], dtype=np.uint64))


def by_hand(values: np.ndarray, distance: int) -> set[tuple[int, int, int]]:
    bits = [[(int(a) ^ int(b)).bit_count() for b in values] for a in values]
    return {(i, j, bits[i][j]) for j in range(len(values)) for i in range(j) if bits[i][j] <= distance}


@given(hashes, st.integers(0, 12))
def test_near_pairs_are_those_of_a_plain_loop(values: np.ndarray, distance: int) -> None:
    pairs = near_pairs(values, distance)
    found = list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True))
    assert set(found) == by_hand(values, distance)
    assert len(found) == len(set(found))


def test_pairs_across_blocks_are_found_once() -> None:
    values = np.random.default_rng(0).integers(0, 2**64, 700, dtype=np.uint64)
    values[650] = values[3] ^ np.uint64(0b101)
    pairs = near_pairs(values, 2)
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist()) == ([3], [650], [2])


@given(hashes, st.integers(0, 12))
def test_leaving_out_leaves_no_pair_and_every_twin_is_kept(values: np.ndarray, distance: int) -> None:
    pairs = near_pairs(values, distance)
    left_out = superfluous(pairs)
    kept = [position for position in range(len(values)) if position not in left_out]
    assert not by_hand(values[kept], distance)
    for position, (twin, apart) in left_out.items():
        assert twin in kept
        assert twin < position
        assert apart == (int(values[position]) ^ int(values[twin])).bit_count() <= distance


def listed(path: str, bits: int = 0, split: str = "train", artist: str = "", size: int = 100, base: int = 0x00FF_1234_5678_9ABC) -> Listed:
    """A picture whose hash is `base` with the lowest `bits` bits changed."""
    return Listed(path, "Realism", artist, split=split, width=size, height=size, phash=f"{base ^ ((1 << bits) - 1):016x}")


def paths(pictures: Sequence[Listed]) -> list[str]:
    return [picture.path for picture in pictures]


def test_of_two_alike_the_larger_is_kept_and_the_other_listed() -> None:
    kept, left_out = without_duplicates([listed("a", size=100), listed("b", bits=6, size=200), listed("c", bits=40)])
    assert paths(kept) == ["b", "c"]
    assert [(item.path, item.kept) for item in left_out] == [("a", "b")]


@pytest.mark.parametrize(("bits", "kept"), [(6, ["x"]), (8, ["a", "x"])])
def test_within_the_training_pictures_six_bits_are_a_duplicate(bits: int, kept: list[str]) -> None:
    assert paths(without_duplicates([listed("a", size=10), listed("x", bits)])[0]) == kept


@pytest.mark.parametrize(("bits", "kept"), [(10, ["x"]), (12, ["a", "x"])])
def test_against_external_ten_bits_are_a_leak_and_external_stays(bits: int, kept: list[str]) -> None:
    pictures = [listed("a", size=1000), listed("x", bits, split="external", size=10), listed("y", bits, split="external", size=10)]
    unique, left_out = without_duplicates(pictures)
    assert paths(unique) == [*kept, "y"], "of external ones all stay"
    assert [item.reason.split(",")[0] for item in left_out] == ["external"] * (2 - len(kept))


def test_balance_takes_a_random_choice_and_all_of_external() -> None:
    pictures = [listed(f"{number:02}") for number in range(50)] + [listed("x", split="external")]
    chosen = balance(pictures, ("Realism",), 10, seed=0)
    assert len(chosen) == 11
    assert "x" in paths(chosen)
    assert paths(chosen)[:10] != paths(pictures)[:10]
    assert chosen == balance(pictures, ("Realism",), 10, seed=0) != balance(pictures, ("Realism",), 10, seed=1)


FAR = 0xF0F0_F0F0_0F0F_0F0F


def test_pictures_of_unknown_artists_are_tied_where_they_look_alike() -> None:
    groups = group([listed("a"), listed("b", bits=8), listed("c", base=FAR), listed("d", bits=7, base=FAR, artist="goya")])
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_an_artist_is_a_group_however_spelt_and_two_are_not_tied_by_looks() -> None:
    groups = group([listed("a", artist="goya"), listed("b", bits=8, artist="Paul Cézanne"), listed("c", base=FAR, artist="paul-cezanne")])
    assert groups == ["goya", "paul cezanne", "paul cezanne"]
