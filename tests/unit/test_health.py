import logging

import pytest

from gateway.errors import ServingUnavailable, WrongModel
from gateway.health import Readiness


def wrong(reason):
    error = WrongModel()
    error.__cause__ = ValueError(reason)
    return error


def test_alive_asks_nobody(client, classifier):
    classifier.error = AssertionError("asked")
    assert client.get("/healthz").status_code == 200


def test_ready_follows_the_model(client, classifier):
    assert client.get("/readyz").status_code == 200
    for error in (ServingUnavailable(), wrong("another signature")):
        classifier.error = error
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["status"]["message"]) == (503, "Service Unavailable")
        assert "signature" not in answer.text
    classifier.error = None
    assert client.get("/readyz").status_code == 200


def test_the_reason_is_logged_once_per_change(classifier, caplog):
    caplog.set_level(logging.INFO)
    readiness = Readiness(classifier)
    for error in (None, None, wrong("its inputs are ['x']"), wrong("its inputs are ['x']"), None):
        classifier.error = error
        readiness.problem()
    assert [record.getMessage() for record in caplog.records] == ["ready", "not ready: WrongModel: its inputs are ['x']", "ready"]


def test_metrics_are_prometheus_text(client):
    client.get("/nowhere")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert 'ragam_requests_total{method="GET",route="none",status="404"}' in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_only_get(client, path):
    assert client.post(path).status_code == 405
