"""The short form of `make fuzz`: valid files changed by chance, the same ones each time."""

from random import Random

import mutations
import png
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


@settings(max_examples=200, derandomize=True)
@given(st.binary(max_size=2000))
def test_so_are_any_bytes(client, data):
    for head in (b"", b"\xff\xd8\xff", png.SIGNATURE + png.header(9, 7)):
        assert send(client, head + data).status in {200, 400, 413}


def test_mutations_reach_both_sides(client):
    # Were all of them refused, or all read, the test above would try nothing.
    random = Random(1)
    statuses = [send(client, mutations.mutated(random, random.choice(mutations.SEEDS))).status for _ in range(400)]
    assert statuses.count(200) > 40
    assert statuses.count(400) > 40


def test_right_check_sums_leave_a_valid_file_as_it_is():
    for data in mutations.SEEDS:
        if data.startswith(png.SIGNATURE) and data.endswith(png.chunk(b"IEND")):
            assert mutations.with_check_sums(data)[-12:] == data[-12:]
