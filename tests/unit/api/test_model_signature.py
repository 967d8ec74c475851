"""What the gateway knows of the model: whether it is ready, and its genres."""

import logging
from types import SimpleNamespace

import pytest

from gateway.api import health
from gateway.api.genres import FAILED_SECONDS, KEPT_SECONDS, TEXTS, GenreList
from gateway.api.health import Readiness
from gateway.errors import ServingUnavailable, WrongModel
from training.genres import NAMES_14


def wrong(reason):
    error = WrongModel()
    error.__cause__ = ValueError(reason)
    return error


def test_ready_follows_the_model(client, classifier, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", 0)
    for error, status in ((None, 200), (ServingUnavailable(), 503), (wrong("another signature"), 503), (None, 200)):
        classifier.error = error
        answer = client.get("/readyz")
        assert answer.status_code == status
        assert "signature" not in answer.text
        # That it is alive depends on nobody.
        assert client.get("/healthz").status_code == 200


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


def test_what_was_found_is_kept_for_a_moment_and_what_the_watcher_finds_is_told_at_once(classifier, monkeypatch):
    now, asked = [100.0], []
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: now[0]))
    check = classifier.check
    monkeypatch.setattr(classifier, "check", lambda: asked.append(True) or check())
    classifier.error = ServingUnavailable()
    readiness = Readiness(classifier)
    # Many who ask cost the model server one call.
    assert [readiness.lately() for _ in range(20)] == [classifier.error] * 20
    assert len(asked) == 1
    classifier.error = None
    assert readiness.lately() is not None
    readiness.problem()
    assert readiness.lately() is None
    classifier.error = ServingUnavailable()
    now[0] += 0.5
    assert readiness.lately() is classifier.error


def test_the_model_s_genres_in_its_order(client):
    answer = client.get("/genres")
    assert answer.json["status"] == {"code": 200, "message": "Success fetching the genres"}
    assert answer.json["data"] == [{"name": name, "description": TEXTS.get(name)} for name in ("Symbolism", "Light", "Abstract")]


def test_asked_once_a_minute_and_what_the_model_knew_is_told_while_it_is_away(classifier):
    now = [100.0]
    known = GenreList(classifier, lambda: now[0])
    assert known.names() == known.names() == classifier.names
    assert classifier.asked_for_genres == 1
    now[0] += KEPT_SECONDS
    classifier.error = ServingUnavailable()
    assert known.names() == classifier.names
    # One attempt a minute, not one for each caller.
    classifier.error = AssertionError("asked again")
    assert known.names() == classifier.names
    now[0] += KEPT_SECONDS
    classifier.error, classifier.names = None, ("Other",)
    assert known.names() == ("Other",)


def test_without_the_model_nothing_is_made_up(client, classifier):
    classifier.error = ServingUnavailable()
    answer = client.get("/genres")
    assert (answer.status_code, answer.json["data"], answer.headers["Retry-After"]) == (503, None, "1")


def test_who_has_waited_for_a_model_that_does_not_answer_is_told_so_and_the_next_asks_again(classifier):
    now = [100.0]
    known = GenreList(classifier, lambda: now[0])
    for error in (ServingUnavailable(), AssertionError("asked again")):
        classifier.error = error
        with pytest.raises(ServingUnavailable):
            known.names()
    classifier.error = None
    now[0] += FAILED_SECONDS
    assert known.names() == classifier.names


def test_every_genre_that_is_trained_on_has_its_texts_and_no_other():
    assert tuple(TEXTS) == NAMES_14
    # How well a version does is told by its card: a text that outlives the version says nothing of it.
    assert not any(word in text for texts in TEXTS.values() for text in texts.values() for word in ("The model", "Model "))
    assert {tuple(texts) for texts in TEXTS.values()} == {("en", "id")}
