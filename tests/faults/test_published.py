"""Versions of the model that come and go, under load."""

import shutil
import time

from callers import Callers, ask
from service import wait_until


def test_published_and_removed_and_the_last_one_too(running, models, picture, table):
    data = picture()
    scores = {1: ask(running.address, data).body["data"]["scores"]}
    with Callers(running.address, data).running(2) as callers:
        callers.await_status(200, 0)
        running.publish(models["second"], 2)
        published = time.monotonic()
        wait_until(lambda: 2 in callers.versions(), what="version 2")
        served = time.monotonic() - published
        scores[2] = ask(running.address, data).body["data"]["scores"]
        shutil.rmtree(running.models / "2")
        removed = time.monotonic()
        wait_until(lambda: callers.seen[-1].version == 1, what="version 1 again")
        back = time.monotonic() - removed
    assert scores[1] != scores[2]
    for seen in callers.seen:
        assert (seen.status, seen.body["data"]["scores"]) == (200, scores[seen.version]), seen
    table("a version is published", "200, of either version", callers.slowest(), "`serving painting_genre version 2`", served)
    table("the version is removed", "200, of either version", callers.slowest(), "`serving painting_genre version 1`", back)

    shutil.rmtree(running.models / "1")
    wait_until(lambda: ask(running.address, data).status != 200, what="the end of the answers")
    seen = ask(running.address, data)
    assert seen.status == 502
    wait_until(lambda: not running.ready(), what="the end of readiness")
    told = "has none of the versions of painting_genre that should be served"
    assert told in running.model_server.text()
    running.publish(models["first"], 1)
    published = time.monotonic()
    with Callers(running.address, data).running(1) as callers:
        back = callers.recovered(published)
    table("the only version is removed", "502, `/readyz` 503", seen.seconds, f"`... {told}`", back)
