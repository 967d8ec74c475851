"""Changes under load: no request fails that need not."""

import shutil
import signal
import time

import pytest
from raw import Raw, multipart
from service import Callers, wait_until


@pytest.fixture
def running(service, models):
    service.publish(models["first"], 1)
    service.model_server = service.start_model_server()
    service.gateway = service.start_gateway()
    wait_until(service.ready, what="readiness")
    return service


def test_model_server_killed_and_restarted(running, picture):
    with Callers(running, picture(), keep_alive=True).running() as callers:
        wait_until(lambda: len(callers.answers) > 20, what="the first answers")
        running.model_server.signal(signal.SIGKILL)
        running.model_server.wait()
        wait_until(lambda: 503 in callers.statuses(), what="the first 503")
        # Long enough for the back-off of the gateway's channels to have grown to its bound.
        time.sleep(4)
        running.model_server = running.start_model_server()
        wait_until(lambda: {status for _, status, _ in callers.answers[-40:]} == {200}, what="good answers after the return")
        returned = len(callers.answers)
        wait_until(lambda: len(callers.answers) > returned + 100, what="more answers")
    assert not callers.failures
    assert callers.statuses() == {200, 503}
    assert all(body["status"]["message"] == "Service Unavailable" for _, status, body in callers.answers if status == 503)
    assert {status for _, status, _ in callers.answers[returned:]} == {200}


def test_a_new_version_under_load(running, models, picture):
    data = picture()
    with Callers(running, data, keep_alive=True).running() as callers:
        wait_until(lambda: len(callers.answers) > 20, what="the first answers")
        before = running.post(data).json()["data"]
        running.publish(models["second"], 2)
        wait_until(lambda: 2 in callers.versions(), what="an answer of version 2")
        wait_until(lambda: running.post(data).json()["data"]["model"]["version"] == 2, what="version 2")
        after = running.post(data).json()["data"]
    assert not callers.failures
    assert callers.statuses() == {200}
    # The weights differ, so an answer that names a version can be held to it.
    assert before["scores"] != after["scores"]
    scores = {1: before["scores"], 2: after["scores"]}
    for _, _, body in callers.answers:
        assert body["data"]["scores"] == scores[body["data"]["model"]["version"]]


def test_broken_versions_leave_the_last_good_one(running, models, picture):
    with Callers(running, picture(), keep_alive=True).running(2) as callers:
        wait_until(lambda: callers.answers, what="the first answer")
        (running.models / "2").mkdir()
        shutil.copytree(models["second"], running.models / ".corrupt")
        (running.models / ".corrupt" / "saved_model.pb").write_bytes(b"no graph")
        (running.models / ".corrupt").rename(running.models / "3")
        seen = len(callers.answers)
        time.sleep(4)
        wait_until(lambda: len(callers.answers) > seen + 10, what="more answers")
        running.publish(models["second"], 4)
        wait_until(lambda: 4 in callers.versions(), what="an answer of version 4")
    assert not callers.failures
    assert callers.statuses() == {200}
    assert callers.versions() == {1, 4}


@pytest.mark.parametrize("keep_alive", [True, False])
def test_sigterm_to_the_gateway_fails_no_request(running, picture, keep_alive):
    with Callers(running, picture(), keep_alive=keep_alive).running() as callers:
        wait_until(lambda: len(callers.answers) > 40, what="the first answers")
        running.gateway.signal(signal.SIGTERM)
        assert running.gateway.wait() == 0
        wait_until(lambda: callers.refused == 8, what="every caller's end")
    assert not callers.failures
    assert callers.statuses() == {200}


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_reload_of_the_gateway_fails_no_request(running, picture, keep_alive):
    with Callers(running, picture(), keep_alive=keep_alive).running() as callers:
        wait_until(lambda: len(callers.answers) > 40, what="the first answers")
        booted = running.gateway.text().count("Booting worker")
        running.gateway.signal(signal.SIGHUP)
        wait_until(lambda: running.gateway.text().count("Booting worker") == booted + 2, what="two new workers")
        wait_until(lambda: running.gateway.text().count("Worker exiting") == 2, what="the end of the old workers")
        seen = len(callers.answers)
        wait_until(lambda: len(callers.answers) > seen + 40, what="answers of the new workers")
    assert not callers.failures
    assert not callers.refused
    assert callers.statuses() == {200}


def test_what_has_begun_to_come_at_sigterm_is_answered_and_who_says_nothing_holds_nobody_up(running, picture):
    data = multipart(picture())
    with Raw(running) as half, Raw(running) as late, Raw(running):
        half.send(data[: len(data) // 2])
        time.sleep(0.5)
        running.gateway.signal(signal.SIGTERM)
        time.sleep(1)
        late.send(data)
        half.send(data[len(data) // 2 :])
        for raw in (half, late):
            answer = raw.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            raw.socket.close()
        assert running.gateway.wait() == 0
