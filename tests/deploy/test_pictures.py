"""Pictures through the published port."""

from callers import Callers
from deployment import SERVING

GENRES = {"Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism"}


def test_made_pictures(deployment, picture):
    for image_format, name in (("JPEG", "a.jpg"), ("PNG", "b.png")):
        answer = deployment.post(picture(800, 600, image_format=image_format), name)
        assert answer.status_code == 200
        data = answer.json()["data"]
        assert {entry["genre"] for entry in data["scores"]} == GENRES
        assert data["model"]["name"] == "painting_genre"
    assert deployment.post(b"no picture").status_code == 400


def test_paintings(deployment, shared):
    files = sorted((shared / "data" / "paintings" / "images").rglob("*.jpg"))[::400]
    assert len(files) >= 5
    for file in files:
        answer = deployment.post(file.read_bytes(), file.name)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["image_types_prediction"] in GENRES


def test_memory_under_load_stays_far_below_the_limits(deployment, picture):
    with Callers(deployment.address, picture(1600, 1200)).running(8) as callers:
        callers.await_more(300)
        for service in ("gateway", SERVING):
            used, limit = deployment.memory(deployment.container(service))
            print(f"\n{service}: {used / 1e6:.0f} MB under load")
            assert used < limit / 2
    assert callers.statuses() == {200}
