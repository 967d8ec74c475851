"""Changes under load: no request fails that need not, and what a version tells appears with it."""

import io
import signal

import pytest
from callers import Callers
from PIL import Image
from service import both_servers, wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory, models):
    with both_servers(tmp_path_factory.mktemp("service"), models["first"]) as service:
        yield service


@pytest.fixture
def gray():
    """A JPEG of 77 of 255, and one of 179."""

    def encoded(value):
        file = io.BytesIO()
        Image.new("L", (300, 200), value).save(file, "JPEG")
        return file.getvalue()

    return [encoded(77), encoded(179)]


def test_a_reload_of_the_gateway_fails_no_request(running, picture):
    kept, fresh = (Callers(running.address, picture(), keep_alive=keep_alive) for keep_alive in (True, False))
    with kept.running(4), fresh.running(4):
        for callers in (kept, fresh):
            callers.await_more(20)
        old = running.gateway.children()
        running.gateway.signal(signal.SIGHUP)
        wait_until(lambda: len(running.gateway.children()) == 2 and not set(old) & set(running.gateway.children()), what="two new workers")
        for callers in (kept, fresh):
            callers.await_more(20)
    assert kept.statuses() | fresh.statuses() == {200}


def test_a_version_and_what_it_tells_appear_together(running, models, gray):
    query = "?details=true&similar=true"
    with Callers(running.address, *gray, keep_alive=True).running(8) as callers:
        before = running.post(gray[0], query=query).json()["data"]
        assert list(before) == ["image_types_prediction", "confidence", "scores", "model"]
        running.publish(models["whole"], 4)
        wait_until(lambda: 4 in callers.versions(), what="version 4")
        callers.await_more(10)
    assert callers.statuses() == {200}
    for seen in callers.seen:
        assert seen.version in {1, 4}
        assert ("typicality" in seen.body["data"]) == (seen.version == 4)

    dark, light = (running.post(data, query=query).json()["data"] for data in gray)
    assert (dark["typicality"], light["typicality"]) == (pytest.approx(77 / 255, abs=0.01), pytest.approx(179 / 255, abs=0.01))
    assert (dark["certain"], light["certain"], dark["expected_accuracy"]) == (False, True, 0.75)
    assert dark["similar"][1] == {"artist": None, "title": "Étude", "similarity": 0.5}
