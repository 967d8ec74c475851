"""Which works are like a picture."""

import numpy as np
import pytest

from training import similar


def works(count: int, seed: int = 0) -> np.ndarray:
    """Of fewer features than a network has, whose axes take seconds to find."""
    return np.random.default_rng(seed).normal(size=(count, 64)).astype(np.float32)


@pytest.mark.parametrize(("artist", "first"), [("Jane Frank", 2), ("", 5)])
def test_after_two_of_one_artist_others_come_first_but_unknown_ones_are_not_one(artist: str, first: int) -> None:
    near = works(1) + 0.01 * works(6, seed=1)
    index = similar.index(np.concatenate([near, works(6, seed=2)]), [artist] * 6 + list("abcdef"), [""] * 12, dimensions=8)
    found = similar.nearest(index, index.similarities(near[:1]))[0]
    assert (found < 6).tolist() == [place < first for place in range(5)]


def test_agreement_by_hand() -> None:
    features = works(20)
    index = similar.index(features, ["a"] * 10 + ["b"] * 10, [""] * 20, dimensions=16)
    genres = np.repeat([0, 1], 10)
    found = similar.agreement(index, features[:2], ["A", "unknown painter"], genres[:2], genres)
    assert found["genre_by_chance"] == 0.5
    assert found["nearest_is_right"] == 1
    assert found["of_artists_in_the_index"] == 1
    assert found["artist_at_5"] == 1
