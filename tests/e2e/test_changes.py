"""Changes under load: no request fails that need not."""

import shutil
import signal
import time

import pytest
from callers import Callers
from service import wait_until


@pytest.fixture
def running(service, models):
    service.publish(models["first"], 1)
    service.model_server = service.start_model_server()
    service.gateway = service.start_gateway()
    wait_until(service.ready, what="readiness")
    return service


def test_model_server_killed_and_restarted(running, picture):
    with Callers(running.address, picture(), keep_alive=True).running(8) as callers:
        callers.await_more(20)
        running.model_server.signal(signal.SIGKILL)
        running.model_server.wait()
        callers.await_status(503)
        # Long enough for the back-off of the gateway's channels to have grown to its bound.
        time.sleep(4)
        running.model_server = running.start_model_server()
        wait_until(lambda: {seen.status for seen in callers.seen[-40:]} == {200}, what="good answers after the return")
        returned = callers.await_more(100)
    assert callers.statuses() == {200, 503}
    assert all(seen.body["status"]["message"] == "Service Unavailable" for seen in callers.seen if seen.status == 503)
    assert {seen.status for seen in callers.seen[returned:]} == {200}


def test_a_new_version_under_load(running, models, picture):
    data = picture()
    with Callers(running.address, data, keep_alive=True).running(8) as callers:
        callers.await_more(20)
        before = running.post(data).json()["data"]
        running.publish(models["second"], 2)
        wait_until(lambda: 2 in callers.versions(), what="an answer of version 2")
        wait_until(lambda: running.post(data).json()["data"]["model"]["version"] == 2, what="version 2")
        after = running.post(data).json()["data"]
    assert callers.statuses() == {200}
    # The weights differ, so an answer that names a version can be held to it.
    assert before["scores"] != after["scores"]
    scores = {1: before["scores"], 2: after["scores"]}
    for seen in callers.seen:
        assert seen.body["data"]["scores"] == scores[seen.body["data"]["model"]["version"]]


def test_broken_versions_leave_the_last_good_one(running, models, picture):
    with Callers(running.address, picture(), keep_alive=True).running(2) as callers:
        callers.await_more()
        (running.models / "2").mkdir()
        shutil.copytree(models["second"], running.models / ".corrupt")
        (running.models / ".corrupt" / "saved_model.pb").write_bytes(b"no graph")
        (running.models / ".corrupt").rename(running.models / "3")
        time.sleep(4)
        callers.await_more(10)
        running.publish(models["second"], 4)
        wait_until(lambda: 4 in callers.versions(), what="an answer of version 4")
    assert callers.statuses() == {200}
    assert callers.versions() == {1, 4}


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_reload_of_the_gateway_fails_no_request(running, picture, keep_alive):
    with Callers(running.address, picture(), keep_alive=keep_alive).running(8) as callers:
        callers.await_more(40)
        old = running.gateway.children()
        running.gateway.signal(signal.SIGHUP)
        wait_until(lambda: len(running.gateway.children()) == 2 and not set(old) & set(running.gateway.children()), what="two new workers")
        callers.await_more(40)
    assert callers.statuses() == {200}
