import logging
import threading
import time

from gateway.api import health
from gateway.api.health import KEPT_SECONDS, Readiness
from gateway.errors import ServingUnavailable, WrongModel


def wrong(reason):
    error = WrongModel()
    error.__cause__ = ValueError(reason)
    return error


def test_alive_asks_nobody(client, classifier):
    classifier.error = AssertionError("asked")
    assert client.get("/healthz").status_code == 200


def test_ready_follows_the_model(client, classifier, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", 0)
    assert client.get("/readyz").status_code == 200
    for error in (ServingUnavailable(), wrong("another signature")):
        classifier.error = error
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["status"]["message"]) == (503, "Service Unavailable")
        assert "signature" not in answer.text
    classifier.error = None
    assert client.get("/readyz").status_code == 200


def test_a_gateway_that_stops_blames_no_model(client):
    client.application.extensions["readiness"].stop()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]["error"]) == (503, "stopping")


def test_the_reason_is_logged_once_per_change(classifier, caplog):
    caplog.set_level(logging.INFO)
    readiness = Readiness(classifier)
    for error in (None, None, wrong("its inputs are ['x']"), wrong("its inputs are ['x']"), None):
        classifier.error = error
        readiness.problem()
    assert [record.getMessage() for record in caplog.records] == ["ready", "not ready: WrongModel: its inputs are ['x']", "ready"]


class Counting:
    """A classifier whose checks are counted, and wait until they `may_end`."""

    def __init__(self):
        self.checks, self.error = 0, None
        self.may_end = threading.Event()
        self.may_end.set()

    def check(self):
        self.checks += 1
        assert self.may_end.wait(60)
        if self.error:
            raise self.error


def test_many_who_ask_cost_the_model_server_one_call(client, classifier, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", 60)
    counting = Counting()
    counting.may_end.clear()
    readiness, found = Readiness(counting), []
    threads = [threading.Thread(target=lambda: found.append(readiness.lately())) for _ in range(20)]
    for thread in threads:
        thread.start()
    counting.may_end.set()
    for thread in threads:
        thread.join()
    assert (found, counting.checks) == ([None] * 20, 1)
    monkeypatch.setattr(classifier, "check", counting.check)
    assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert counting.checks == 2


def test_what_was_found_is_soon_asked_again():
    classifier = Counting()
    readiness = Readiness(classifier)
    assert readiness.lately() is None
    classifier.error = ServingUnavailable()
    start = time.monotonic()
    while readiness.lately() is None:
        assert time.monotonic() - start < 60
        time.sleep(0.01)
    assert KEPT_SECONDS <= 0.5


def test_what_the_watcher_finds_is_told_at_once(monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", 60)
    classifier = Counting()
    classifier.error = ServingUnavailable()
    readiness = Readiness(classifier)
    assert readiness.lately() is classifier.error
    classifier.error = None
    assert readiness.lately() is not None
    readiness.problem()
    assert readiness.lately() is None


def test_metrics_are_prometheus_text(client):
    client.get("/nowhere")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert 'ragam_requests_total{method="GET",route="none",status="404"}' in answer.text


def test_only_get(client):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.post(path).status_code == 405, path
