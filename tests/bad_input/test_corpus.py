"""Files that do harm or were changed by chance: none makes a 5xx, takes far longer than the largest honest picture, or memory for good."""

import gc
import time
from itertools import chain
from pathlib import Path
from random import Random

import corpus
import jpeg
import mutations
import pytest
from application import send
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.picture.format import read_layout

# Pillow warns of what it forgives, and goes on: as an error the warning would be another answer.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

GROUPS = [corpus.polyglots, corpus.sizes, corpus.oddities, corpus.metadata, corpus.scans]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_file_is_read_or_refused_in_time(client, most_seconds, group):
    faults = []
    for name, data, right in group():
        outcome = send(client, data)
        if outcome.status not in right or outcome.seconds >= most_seconds["/prediction"]:
            faults.append(f"{name}: {outcome}, not {right}")
    assert faults == []


# The short form of `make fuzz`. What Hypothesis shrinks: a file, and a list of single changes to it.
changes = st.lists(st.tuples(st.sampled_from(mutations.MUTATIONS), st.integers(0, 2**32 - 1)), min_size=1, max_size=4)


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


def test_memory_does_not_grow(client):
    def resident_after_a_round():
        for _, data, _ in chain(corpus.polyglots(), corpus.oddities()):
            send(client, data)
        gc.collect()
        return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024

    _, second, third = (resident_after_a_round() for _ in range(3))
    assert third - second < 5


def test_the_patterns_that_count_are_linear():
    def seconds_of_reading(fill_bytes: int) -> float:
        data = jpeg.START + jpeg.frame(64, 64, jpeg.PROGRESSIVE) + jpeg.scan() + b"\xff\0" * fill_bytes
        start = time.thread_time()
        assert len(read_layout(data).scans) == 1
        return time.thread_time() - start

    # Ten times as much takes a search that goes back over what it has seen a hundred times as long.
    assert min(seconds_of_reading(1_000_000) for _ in range(3)) < 40 * min(seconds_of_reading(100_000) for _ in range(3))
