import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.duplicates import near_pairs, superfluous

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
