"""What a picture costs the application: processor seconds, and the bytes by which its process grows at most.

    PYTHONPATH=. python tests/bad_input/measured.py

Prints for each of the pictures in costly.py that is within its budget what is answered to it, as lines of JSON; of the maps, which differ
by what is done with the decoded picture, every third. Each is asked for in a fork of one process that has warmed up: its peak is its own.
"""

import json
import os
import sys
import time
from itertools import chain
from pathlib import Path

import corpus
import costly
import png
from application import application, multipart
from flask.testing import FlaskClient

from gateway.errors import TooCostly
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.limits import Budget

# What is estimated for the largest plain picture.
PLAIN_SECONDS = 0.97
PATHS = ("/prediction", "/explanation")


def peak() -> int:
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


def ask(client: FlaskClient, path: str, data: bytes) -> int:
    answer = client.post(path, data=multipart(data, "a.png"), content_type="multipart/form-data; boundary=boundary")
    return answer.status_code


def in_a_fork(client: FlaskClient, path: str, data: bytes) -> dict[str, float]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        before, began = peak(), time.process_time()
        status = ask(client, path, data)
        found = {"status": status, "seconds": time.process_time() - began, "bytes": peak() - before}
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        found = json.load(file)
    os.waitpid(child, 0)
    return found


def main() -> None:
    client = application()
    for path in PATHS:
        for image_format in ("PNG", "JPEG"):
            ask(client, path, corpus.painting(image_format))
    # The largest plain picture, by which this machine is measured.
    plain = costly.of_one_colour(costly.SQUARE, png.RGB)
    reference = {path: min(in_a_fork(client, path, plain)["seconds"] for _ in range(2)) for path in PATHS}
    for number, (name, data) in enumerate(chain(costly.pngs(), costly.jpegs())):
        cost = open_picture(data).cost(DRAFT_SIZE)
        try:
            Budget(len(data)).spend(cost)
        except TooCostly:
            continue
        for path in PATHS[: 1 if number % 3 else 2]:
            found = in_a_fork(client, path, data)
            for _ in range(2):
                # What else runs on a busy machine makes a picture costlier, and none cheaper.
                if found["seconds"] > 1.5 * reference[path]:
                    found = min(found, in_a_fork(client, path, data), key=lambda one: one["seconds"])
            told = {
                "name": name,
                "path": path,
                "size": len(data),
                "times_plain": found["seconds"] / reference[path],
                "estimated_times_plain": cost.seconds / PLAIN_SECONDS,
                "estimated_bytes": cost.bytes,
            }
            sys.stdout.write(json.dumps({**told, **found}) + "\n")


if __name__ == "__main__":
    main()
