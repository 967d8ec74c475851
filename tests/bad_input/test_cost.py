"""What a picture, a batch and a map of costly pictures may cost: no more than its estimate, and little more than a large plain picture."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import costly
import png
from application import multipart

from gateway.errors import ClientGone
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.limits import Budget, Cost

ROOT = Path(__file__).resolve().parents[2]

# Processor time is told as a multiple of what the largest plain picture takes, estimated and measured: no processor is too slow for that.
# The costliest picture that is let in takes 2; of what is estimated up to 1.3 times as much.
MOST_TIMES, MOST_BYTES = 3, 400_000_000
# A map takes some memory more, and may be more than its picture's budget.
BESIDE = {"/prediction": 10_000_000, "/explanation": 40_000_000}


def test_each_is_refused_or_costs_no_more_than_its_estimate_and_the_bounds():
    command = [sys.executable, ROOT / "tests" / "bad_input" / "measured.py"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert max(one["size"] for one in found) < 1_300_000
    # 400 is what no decoder likes.
    assert [one for one in found if one["status"] not in (200, 400, 413)] == []
    assert [one for one in found if one["bytes"] > min(one["estimated_bytes"] + BESIDE[one["path"]], MOST_BYTES)] == []
    assert [one for one in found if one["times_plain"] > MOST_TIMES] == []
    predicted = [one for one in found if one["path"] == "/prediction"]
    assert [one for one in predicted if one["times_plain"] > 0.3 + 1.7 * one["estimated_times_plain"]] == []
    answered = [one["path"] for one in found if one["status"] == 200]
    assert min(answered.count(path) for path in BESIDE) > 5


def test_honest_batches_are_within_their_budget():
    budget = Budget(16 * 3_000_000)
    for _ in range(16):
        # A photograph of 12 megapixels.
        budget.spend(Cost(0.2, 10_000_000))
    budget = Budget(4 * 15_000_000)
    layout = open_picture(png.file(png.header(8000, 5000), b""))
    layout.data = bytes(15_000_000)
    for _ in range(4):
        budget.spend(layout.cost(DRAFT_SIZE))


def test_a_batch_of_costly_pictures_answers_what_fits_and_says_what_to_do_with_the_rest(client, most_seconds):
    data = costly.of_one_colour((2500, 2500), png.RGB)
    parts = b"".join(multipart(data, f"{number}.png").removesuffix(b"--boundary--\r\n") for number in range(16))
    began = time.thread_time()
    answer = client.post("/predictions", data=parts + b"--boundary--\r\n", content_type="multipart/form-data; boundary=boundary")
    assert time.thread_time() - began < most_seconds["/prediction"]
    codes = [entry["status"]["code"] for entry in answer.json["data"]]
    assert sorted(set(codes)) == [200, 413]
    assert codes.index(413) >= 4
    [detail] = {entry["status"]["detail"] for entry in answer.json["data"] if entry["status"]["code"] == 413}
    assert detail == "The pictures of the request take too long to decode. Send this one in a request of its own."


def test_nothing_is_decoded_for_a_client_that_has_gone(client, monkeypatch):
    def decode(*_args):
        raise AssertionError("decoded for nobody")

    monkeypatch.setattr("gateway.picture.preprocess.to_model_size", decode)
    monkeypatch.setattr("gateway.api.explanation.to_model_size", decode)
    body = multipart(png.file(png.header(9, 7), png.flat(9, 7)), "a.png")
    environ = {"ragam.abandoned": lambda: True}
    for path in ("/prediction", "/predictions", "/explanation"):
        answer = client.post(path, data=body, content_type="multipart/form-data; boundary=boundary", environ_overrides=environ)
        assert (answer.status_code, answer.json["status"]["detail"]) == (503, ClientGone().detail), path
