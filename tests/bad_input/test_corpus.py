"""Files that do harm or were changed by chance: none makes a 5xx, takes far longer than the largest honest picture, or memory for good."""

import subprocess
import sys
import time
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

ROOT = Path(__file__).resolve().parents[2]
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


# The resident memory after two rounds over the corpus, less that after one, in a process of its own.
GROWTH = """
import gc, re, sys, warnings
warnings.simplefilter("ignore")
sys.path[:0] = [".", "tests/bad_input"]
import corpus
from application import application, send
client = application()
def round():
    for group in (corpus.polyglots, corpus.oddities):
        for _, data, _ in group():
            send(client, data)
    gc.collect()
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
first, second, third = round(), round(), round()
print(third - second)
"""


def test_memory_does_not_grow():
    done = subprocess.run([sys.executable, "-c", GROWTH], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 5


def test_the_patterns_that_count_are_linear():
    def seconds_of_reading(fill_bytes: int) -> float:
        data = jpeg.START + jpeg.frame(64, 64, jpeg.PROGRESSIVE) + jpeg.scan() + b"\xff\0" * fill_bytes
        start = time.thread_time()
        assert len(read_layout(data).scans) == 1
        return time.thread_time() - start

    # Ten times as much takes a search that goes back over what it has seen a hundred times as long.
    assert min(seconds_of_reading(1_000_000) for _ in range(3)) < 40 * min(seconds_of_reading(100_000) for _ in range(3))
