"""Files that do harm: none makes a 5xx, takes far longer than the largest honest picture, or memory for good."""

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import corpus
import jpeg
import pytest
from application import send

from gateway.picture.format import read_layout

# Pillow warns of what it forgives, and goes on: as an error the warning would be another answer.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

ROOT = Path(__file__).resolve().parents[2]
GROUPS = [corpus.truncations, corpus.polyglots, corpus.sizes, corpus.oddities, corpus.metadata, corpus.largest]


def faults(client, most_seconds, cases: Iterator[corpus.Case], path: str = "/prediction") -> list[str]:
    """A line for each file that is answered otherwise than is right for it, or too late."""
    told, count = [], 0
    for name, data, right in cases:
        count += 1
        outcome = send(client, data, path)
        if outcome.status not in right or outcome.seconds >= most_seconds[path]:
            told.append(f"{name}: {outcome}, not {right}")
    assert count > 7
    return told


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_file_is_read_or_refused_in_time(client, most_seconds, group):
    assert faults(client, most_seconds, group()) == []


def test_so_are_the_largest_where_the_picture_is_drawn_too(client, most_seconds):
    assert faults(client, most_seconds, corpus.largest(), "/explanation") == []


def test_odd_uploads_of_people(client, most_seconds, shared):
    folder = shared / "data" / "uploads"
    with (folder / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        outcome = send(client, (folder / row["file"]).read_bytes(), name=row["file"])
        readable = row["real_format"] in {"JPEG", "PNG"}
        assert outcome.status == (200 if readable else 400), (row["file"], outcome)
        assert outcome.seconds < most_seconds["/prediction"]
    assert len(rows) >= 18


# The resident memory after two rounds over the corpus, less that after one, in a process of its own.
GROWTH = """
import gc, re, sys, warnings
warnings.simplefilter("ignore")
sys.path[:0] = [".", "tests/bad_input"]
import corpus
from application import application, send
client = application()
def round():
    for group in (corpus.polyglots, corpus.sizes, corpus.oddities):
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


def seconds_of_reading(fill_bytes: int) -> float:
    data = jpeg.START + jpeg.frame(64, 64, jpeg.PROGRESSIVE) + jpeg.scan() + b"\xff\0" * fill_bytes
    taken = []
    for _ in range(3):
        start = time.thread_time()
        assert len(read_layout(data).scans) == 1
        taken.append(time.thread_time() - start)
    return min(taken)


def test_the_patterns_that_count_are_linear():
    # Ten times as much takes a search that goes back over what it has seen a hundred times as long.
    assert seconds_of_reading(1_000_000) < 40 * seconds_of_reading(100_000)
