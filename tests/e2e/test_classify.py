"""The command against the real service: a folder of pictures, a command that is killed, pipes, and servers that are started anew."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import requests
from service import ROOT, both_servers, wait_until

# More than are answered between a look at the rows and the signal that follows on it.
COUNT = 160


@pytest.fixture(scope="module")
def folder(tmp_path_factory, picture):
    """So many pictures, some in folders within, of three sizes and both formats."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(COUNT):
        inside = folder / f"room {number % 7}"
        inside.mkdir(exist_ok=True)
        size, image_format = ((64, 48), (320, 240), (600, 800))[number % 3], ("JPEG", "PNG")[number % 2]
        (inside / f"{number:03}.{image_format.lower()}").write_bytes(picture(*size, image_format=image_format, seed=number))
    return folder


@pytest.fixture(scope="module")
def running(tmp_path_factory, models):
    """Both servers, which each test leaves running."""
    with both_servers(tmp_path_factory.mktemp("service"), models["first"]) as service:
        yield service


def requests_logged(service):
    return service.gateway.text().count('"path": "/prediction"')


def classify(service, *arguments):
    return service.start("-m", "ragam", "classify", *map(str, arguments), "--url", service.address)


def bash(command, text="", **environ):
    environ = {**os.environ, "PYTHON": sys.executable, **environ}
    return subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environ, input=text, capture_output=True, text=True, check=False, timeout=120
    )


def rows(path):
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def answered(path):
    """Rows on disk so far, the header and perhaps half a row aside; cheap enough to ask all the time."""
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def held_to_single_requests(service, entries):
    """Each of `entries` (file, genre, confidence, certain, version, scores) is what the service says of that picture alone."""
    with requests.Session() as session:
        for file, genre, confidence, certain, version, scores in entries:
            image = (Path(file).name, Path(file).read_bytes())
            body = session.post(f"{service.address}/prediction?details=true", files={"image": image}, timeout=30).json()["data"]
            assert (genre, confidence, certain, version) == (
                body["image_types_prediction"],
                body["confidence"],
                body.get("certain"),
                body["model"]["version"],
            )
            assert scores == {entry["genre"]: entry["confidence"] for entry in body["scores"]}


def test_killed_half_way_and_resumed_each_picture_is_there_once_with_its_own_figures(running, folder, tmp_path):
    out = tmp_path / "out.csv"
    before = requests_logged(running)
    first = classify(running, folder, "--csv", out)
    wait_until(lambda: answered(out) >= COUNT // 2, what="half of the rows")
    first.signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    kept = rows(out)
    assert COUNT // 2 <= len(kept) < COUNT
    # A kill alone leaves no half row, for each is one write; a machine that loses power does.
    whole = out.read_bytes()
    out.write_bytes(whole[:-30])

    second = classify(running, folder, "--csv", out)
    assert second.wait() == 0, second.text()
    assert f"{COUNT} of {COUNT} pictures have an answer, {len(kept) - 1} of them from an earlier run." in second.text()
    assert Counter(row["file"] for row in rows(out)) == Counter(str(path) for path in folder.rglob("*.*"))
    assert rows(out)[: len(kept) - 1] == kept[:-1]
    sent = requests_logged(running) - before
    # Sent twice: eight that were under way or waited for their place, and the row that was cut.
    assert COUNT <= sent <= COUNT + 9

    genres = list(rows(out)[0])[7:-3]
    assert len(genres) == 7
    held_to_single_requests(
        running,
        (
            (
                row["file"],
                row["genre"],
                float(row["confidence"]),
                {"true": True, "false": False}.get(row["certain"]),
                int(row["model_version"]),
                {genre: float(row[genre]) for genre in genres},
            )
            for row in rows(out)
        ),
    )


def test_json_lines_through_pipes(running, folder, tmp_path):
    some = sorted(folder.rglob("*.*"))[:30]
    (tmp_path / "none.jpg").write_bytes(b"no picture")
    names = "".join(f"{path}\n" for path in (*some, tmp_path / "none.jpg"))
    reader = "import json, sys; [print(json.loads(line)['file']) for line in sys.stdin if not json.loads(line)['error']]"
    command = """
        "$PYTHON" -m ragam classify - --jsonl --url "$URL" 2> "$OUT/told" | tee "$OUT/lines" | "$PYTHON" -c "$READER"
        exit ${PIPESTATUS[0]}
    """
    done = bash(command, names, URL=running.address, OUT=str(tmp_path), READER=reader)
    assert done.returncode == 1
    assert sorted(done.stdout.splitlines()) == sorted(map(str, some))
    entries = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    assert len(entries) == 31
    assert [entry["file"] for entry in entries if entry["error"]] == [str(tmp_path / "none.jpg")]
    assert (tmp_path / "told").read_text().splitlines()[-1] == "30 of 31 pictures have an answer, 1 failed."
    held_to_single_requests(
        running,
        (
            (
                *(entry[key] for key in ("file", "genre", "confidence", "certain", "model_version")),
                {key: entry[key] for key in list(entry)[7:-3]},
            )
            for entry in entries
            if not entry["error"]
        ),
    )


def test_a_reader_that_has_enough_ends_the_command(running, folder):
    command = '"$PYTHON" -m ragam classify "$FOLDER" --url "$URL" | head -n 1; exit ${PIPESTATUS[0]}'
    before = requests_logged(running)
    done = bash(command, FOLDER=str(folder), URL=running.address)
    assert done.returncode == 1
    assert json.loads(done.stdout)["genre"]
    assert "Traceback" not in done.stderr
    assert requests_logged(running) - before < COUNT


def test_rides_out_a_restart_of_both_servers(running, folder, tmp_path):
    out = tmp_path / "out.csv"
    process = classify(running, folder, "--csv", out, "--retries", "10")
    wait_until(lambda: answered(out) >= 20, what="some rows")
    running.model_server.signal(signal.SIGKILL)
    running.gateway.signal(signal.SIGTERM)
    running.model_server.wait()
    running.gateway.wait()
    running.model_server = running.start_model_server()
    running.gateway = running.start_gateway()
    assert process.wait() == 0, process.text()
    assert len({row["file"] for row in rows(out)}) == len(rows(out)) == COUNT
