"""The short form of `make fuzz`: valid files changed by chance, the same ones each time."""

from random import Random

import mutations
import pytest
from application import send
from hypothesis import given, settings
from hypothesis import strategies as st

# Pillow warns of what it forgives, and goes on: as an error the warning would be another answer.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

# What Hypothesis shrinks: a file, and a list of single changes to it.
changes = st.lists(
    st.tuples(st.sampled_from(mutations.MUTATIONS), st.integers(0, 2**32 - 1)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=400, derandomize=True)
@given(data=st.sampled_from(mutations.SEEDS), changes=changes, repaired=st.booleans())
def test_whatever_is_changed_is_read_or_refused(client, most_seconds, data, changes, repaired):
    for change, seed in changes:
        data = change(Random(seed), data)[: mutations.MAX_BYTES]
    if repaired:
        data = mutations.with_check_sums(data)
    outcome = send(client, data)
    assert outcome.status in {200, 400, 413}
    assert outcome.seconds < most_seconds["/prediction"]


def test_mutations_reach_both_sides(client):
    # Were all of them refused, or all read, the test above would try nothing.
    random = Random(1)
    statuses = [send(client, mutations.mutated(random, random.choice(mutations.SEEDS))).status for _ in range(200)]
    assert statuses.count(200) > 20
    assert statuses.count(400) > 20
