"""The routes beside /prediction, from the gateway to the trained model."""

from io import BytesIO

import numpy as np
import pytest
import requests
from PIL import Image
from service import ROOT, Service, wait_until

GENRES = ["Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The service over the model of the repository, which no test here changes."""
    service = Service(tmp_path_factory.mktemp("trained"))
    service.start("serve.py", RAGAM_MODEL_BASE_PATH="")
    wait_until(service.ready, what="readiness")
    yield service
    for process in service.processes:
        process.stop()


def test_what_is_explained_is_what_is_predicted(trained, picture):
    data = picture(1400, 700)
    predicted = trained.post(data).json()["data"]

    def explain(**headers):
        return requests.post(f"{trained.address}/explanation", files={"image": ("a.jpg", data)}, headers=headers, timeout=30)

    numbers = explain(Accept="application/json").json()["data"]
    for key in ("image_types_prediction", "confidence", "model"):
        assert numbers[key] == predicted[key]
    heat = np.array(numbers["heatmap"])
    assert (heat.shape, heat.min() >= 0, heat.max()) == ((7, 7), True, 1)
    drawn = explain()
    assert (drawn.status_code, drawn.headers["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(drawn.content)).size == (1024, 512)


def test_genres_are_the_model_s_each_with_its_text(trained, picture):
    data = trained.post(picture()).json()["data"]
    latest = max(int(version.name) for version in (ROOT / "model_repository" / "painting_genre").glob("[0-9]*"))
    assert data["model"] == {"name": "painting_genre", "version": latest}
    assert {entry["genre"] for entry in data["scores"]} == set(GENRES)
    assert sum(entry["confidence"] for entry in data["scores"]) == pytest.approx(1, abs=0.001)
    listed = requests.get(f"{trained.address}/genres", timeout=30).json()["data"]
    assert [genre["name"] for genre in listed] == GENRES
    assert all(genre["description"]["en"] and genre["description"]["id"] for genre in listed)


def test_many_pictures_are_answered_as_single_ones(trained, picture):
    sent = [(f"{seed}.jpg", picture(640, 480, seed=seed)) for seed in range(15)]
    sent.insert(7, ("notes.txt", b"no picture"))
    files = [("image", entry) for entry in sent]
    answer = requests.post(f"{trained.address}/predictions?details=true", files=files, timeout=60)
    assert answer.status_code == 200
    entries = answer.json()["data"]
    assert [entry["file"] for entry in entries] == [name for name, _ in sent]
    assert [entry["status"]["code"] for entry in entries] == [200] * 7 + [400] + [200] * 8
    for entry, (name, data) in zip(entries, sent, strict=True):
        alone = trained.post(data, name).json()
        assert entry["status"] == alone["status"]
        if alone["data"] is None:
            assert entry["data"] is None
            continue
        assert entry["data"]["image_types_prediction"] == alone["data"]["image_types_prediction"]
        # A batch is computed in another order than a picture alone.
        for together, single in zip(entry["data"]["scores"], alone["data"]["scores"], strict=True):
            assert together["confidence"] == pytest.approx(single["confidence"], abs=0.0002)
