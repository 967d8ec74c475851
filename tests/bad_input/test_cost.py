"""What a picture, a batch and a map of dear pictures may cost: below 2 s of a core and 400 MB for whatever is below 1 MB."""

import json
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import dear
import png
import pytest
from application import application, multipart

from gateway.capacity import PICTURE_BYTES
from gateway.errors import ClientGone, TooCostly
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.limits import Budget, Cost

ROOT = Path(__file__).resolve().parents[2]
MOST_PIXELS = 40_000_000
SECONDS, MEGABYTES = 2, 400

# In a process of its own, whose peak is its own. Prints the status, seconds of the core, and by how many bytes it grew.
ASK = """
import json, re, sys, time
sys.path[:0] = [".", "tests/bad_input"]
import corpus
from application import application, multipart
client = application()
def ask(path, data):
    body = multipart(data, "a.png")
    return client.post(path, data=body, content_type="multipart/form-data; boundary=boundary").status_code
def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
for path in ("/prediction", "/explanation"):
    for image_format in ("PNG", "JPEG"):
        ask(path, corpus.painting(image_format))
data = open(sys.argv[1], "rb").read()
before, began = peak(), time.process_time()
status = ask(sys.argv[2], data)
print(json.dumps([status, time.process_time() - began, peak() - before]))
"""


def asked(folder, data, path):
    (folder / "picture").write_bytes(data)
    done = subprocess.run([sys.executable, "-c", ASK, folder / "picture", path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.count("Traceback") == 0
    return json.loads(done.stdout)


@pytest.mark.parametrize("make", [dear.pngs, dear.jpegs], ids=lambda make: make.__name__)
@pytest.mark.parametrize("path", ["/prediction", "/explanation"])
def test_each_is_refused_or_costs_no_more_than_its_estimate_and_the_bounds(tmp_path, make, path):
    faults, accepted = [], 0
    # A process each takes its time: of the maps, which differ by what is done with the decoded picture, every third.
    for name, data in islice(make(), 0, None, 3 if path == "/explanation" else 1):
        assert len(data) < 1_300_000, name
        cost = open_picture(data, MOST_PIXELS).cost(DRAFT_SIZE)
        try:
            Budget(len(data)).spend(cost)
        except TooCostly:
            continue
        accepted += 1
        status, seconds, grown = asked(tmp_path, data, path)
        # A map takes some memory more, and may be more than its picture's budget; 400 is what no decoder likes.
        most = cost.bytes + (40 if path == "/explanation" else 10) * 1_000_000
        if seconds >= SECONDS or grown > min(most, MEGABYTES * 1_000_000) or status not in (200, 400, 413):
            faults.append((name, status, seconds, grown, cost))
    assert faults == []
    assert accepted > 3


def test_the_largest_picture_of_every_eight_bit_mode_is_let_in():
    for colour in png.SAMPLES:
        data = png.file(png.header(8000, 5000, 8, colour), b"")
        Budget(len(data)).spend(open_picture(data, MOST_PIXELS).cost(DRAFT_SIZE))


def test_honest_batches_are_within_their_budget():
    budget = Budget(16 * 3_000_000)
    for _ in range(16):
        # A photograph of 12 megapixels.
        budget.spend(Cost(0.2, 10_000_000))
    budget = Budget(4 * 15_000_000)
    layout = open_picture(png.file(png.header(8000, 5000), b""), MOST_PIXELS)
    layout.file_bytes = 15_000_000
    for _ in range(4):
        budget.spend(layout.cost(DRAFT_SIZE))


def test_a_batch_of_dear_pictures_answers_what_fits_and_says_what_to_do_with_the_rest():
    picture = dear.rows(2500, 2500, 8, png.RGB)
    data = png.file(png.header(2500, 2500), picture)
    parts = b"".join(multipart(data, f"{number}.png").removesuffix(b"--boundary--\r\n") for number in range(16))
    client = application()
    began = time.process_time()
    answer = client.post("/predictions", data=parts + b"--boundary--\r\n", content_type="multipart/form-data; boundary=boundary")
    assert time.process_time() - began < SECONDS
    codes = [entry["status"]["code"] for entry in answer.json["data"]]
    assert sorted(set(codes)) == [200, 413]
    assert codes.index(413) >= 4
    [detail] = {entry["status"]["detail"] for entry in answer.json["data"] if entry["status"]["code"] == 413}
    assert detail == "The pictures of the request take too long to decode. Send this one in a request of its own."


def test_a_picture_that_is_too_much_by_itself_is_told_so():
    for cost in (Cost(2.0, 0), Cost(0.0, PICTURE_BYTES + 1)):
        with pytest.raises(TooCostly, match="Reduce it"):
            Budget(1_000_000).spend(cost)


@pytest.mark.parametrize("path", ["/prediction", "/predictions", "/explanation"])
def test_nothing_is_decoded_for_a_client_that_has_gone(path, monkeypatch):
    def decode(*_args):
        raise AssertionError("decoded for nobody")

    monkeypatch.setattr("gateway.picture.preprocess.to_model_size", decode)
    monkeypatch.setattr("gateway.api.explanation.to_model_size", decode)
    body = multipart(png.file(png.header(9, 7), png.flat(9, 7)), "a.png")
    environ = {"ragam.abandoned": lambda: True}
    answer = application().post(path, data=body, content_type="multipart/form-data; boundary=boundary", environ_overrides=environ)
    assert (answer.status_code, answer.json["status"]["detail"]) == (503, ClientGone().detail)
