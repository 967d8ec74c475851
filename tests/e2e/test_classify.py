"""The command against the real service: killed half way and resumed, over a restart of both servers; and a reader that has enough."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from service import ROOT, both_servers, wait_until

# More than are answered between a look at the rows and the signal that follows on it.
COUNT = 120


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def answered(path):
    """Rows on disk so far, the header and perhaps half a row aside; cheap enough to ask all the time."""
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def test_killed_half_way_and_resumed_each_picture_is_there_once_with_its_own_figures(tmp_path, models, picture):
    folder, out = tmp_path / "pictures", tmp_path / "out.csv"
    for number in range(COUNT):
        inside = folder / f"room {number % 7}"
        inside.mkdir(parents=True, exist_ok=True)
        size, image_format = ((64, 48), (320, 240), (600, 800))[number % 3], ("JPEG", "PNG")[number % 2]
        (inside / f"{number:03}.{image_format.lower()}").write_bytes(picture(*size, image_format=image_format, seed=number))
    with both_servers(tmp_path, models["first"]) as service:
        command = ["-m", "ragam", "classify", str(folder), "--csv", str(out), "--url", service.address, "--retries", "10"]
        first = service.start(*command)
        wait_until(lambda: answered(out) >= COUNT // 2, what="half of the rows")
        first.signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        kept = rows(out)
        assert COUNT // 2 <= len(kept) < COUNT
        # A kill alone leaves no half row, for each is one write; a machine that loses power does.
        out.write_bytes(out.read_bytes()[:-30])

        second = service.start(*command)
        wait_until(lambda: answered(out) > len(kept), what="some more rows")
        service.model_server.signal(signal.SIGKILL)
        service.gateway.signal(signal.SIGTERM)
        service.model_server.wait()
        service.gateway.wait()
        sent = service.gateway.text().count('"path": "/prediction"')
        service.model_server, service.gateway = service.start_model_server(), service.start_gateway()
        assert second.wait() == 0, second.text()
        assert f"{COUNT} of {COUNT} pictures have an answer, {len(kept) - 1} of them from an earlier run." in second.text()
        assert Counter(row["file"] for row in rows(out)) == Counter(str(path) for path in folder.rglob("*.*"))
        assert rows(out)[: len(kept) - 1] == kept[:-1]
        assert sent <= COUNT + 9, "eight that were under way or waited for their place, and the row that was cut"
        for row in rows(out):
            body = service.post(Path(row["file"]).read_bytes(), Path(row["file"]).name).json()["data"]
            assert (row["genre"], row["confidence"]) == (body["image_types_prediction"], str(body["confidence"]))
            assert row["model_version"] == str(body["model"]["version"])
            for entry in body["scores"]:
                assert json.loads(row[entry["genre"]]) == entry["confidence"]

        command = '"$PYTHON" -m ragam classify "$FOLDER" --url "$URL" | head -n 1; exit ${PIPESTATUS[0]}'
        environ = {**os.environ, "PYTHON": sys.executable, "FOLDER": str(folder), "URL": service.address}
        piped = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120)
        assert (piped.returncode, json.loads(piped.stdout)["error"], "Traceback" in piped.stderr) == (1, None, False)
