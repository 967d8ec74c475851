"""What a version may tell beside its genres, from its SavedModel through the model server to the answers, the command and a release."""

import csv
import io

import pytest
from PIL import Image
from service import wait_until


@pytest.fixture
def running(service, models):
    service.publish(models["first"], 1)
    service.start_model_server()
    service.start_gateway()
    wait_until(service.ready, what="readiness")
    return service


@pytest.fixture
def gray():
    """A JPEG of 77 of 255, and one of 179."""

    def encoded(value):
        file = io.BytesIO()
        Image.new("L", (300, 200), value).save(file, "JPEG")
        return file.getvalue()

    return [encoded(77), encoded(179)]


def test_what_a_version_tells_appears_with_it_and_not_before(running, models, gray, tmp_path):
    query = "?details=true&similar=true"
    before = running.post(gray[0], query=query).json()["data"]
    assert list(before) == ["image_types_prediction", "confidence", "scores", "model"]
    running.publish(models["whole"], 2)
    wait_until(lambda: running.post(gray[0]).json()["data"]["model"]["version"] == 2, what="version 2")
    dark, light = (running.post(data, query=query).json()["data"] for data in gray)
    assert (dark["typicality"], light["typicality"]) == (pytest.approx(77 / 255, abs=0.01), pytest.approx(179 / 255, abs=0.01))
    assert (dark["certain"], light["certain"]) == (False, True)
    assert dark["expected_accuracy"] == 0.75
    assert dark["note"].startswith("The model is not certain of the genre. Of answers like this one about 75 of 100 were right")
    assert dark["similar"] == [
        {"artist": "An Artist", "title": "A Title", "similarity": 0.75},
        {"artist": None, "title": "Étude", "similarity": 0.5},
    ]
    assert list(running.post(gray[0], query="").json()["data"]) == ["image_types_prediction", "confidence"]

    (tmp_path / "light.jpg").write_bytes(gray[1])
    done = running.start(
        "-m", "ragam", "classify", str(tmp_path / "light.jpg"), "--csv", str(tmp_path / "out.csv"), "--url", running.address
    )
    assert done.wait() == 0, done.text()
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["certain"], row["typicality"], row["expected accuracy"]) == ("true", str(light["typicality"]), "0.75")
