from io import BytesIO

import pytest
from prometheus_client import REGISTRY

from gateway.metrics import stage


def test_counts_predictions_by_genre_and_version(client, picture):
    def value(genre):
        return REGISTRY.get_sample_value("ragam_predictions_total", {"genre": genre, "version": "3"}) or 0

    before = value("Light") + value("Dark")
    client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")})
    assert value("Light") + value("Dark") == before + 1


def test_nothing_stays_in_flight(client, classifier, picture):
    classifier.error = RuntimeError("no")
    client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")})
    client.get("/nowhere")
    assert REGISTRY.get_sample_value("ragam_requests_in_flight") == 0


def test_a_stage_that_raises_is_timed_too():
    times = {}
    with pytest.raises(KeyError), stage("decode", times):
        raise KeyError
    assert times["decode_ms"] >= 0
