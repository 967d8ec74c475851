"""Versions of the model that come, go, are broken or half there, under load."""

import shutil
import time

import pytest
from callers import Callers, ask
from service import wait_until


@pytest.fixture
def known(running, models, picture):
    """The scores of each version, which every answer is held to. Afterwards there is version 1 alone again."""
    data = picture()
    first = ask(running.address, data).body["data"]
    assert first["model"]["version"] == 1
    yield data, {1: first["scores"]}
    for version in set(running.models.glob("[0-9]*")) - {running.models / "1"}:
        shutil.rmtree(version)
    wait_until(lambda: ask(running.address, data).body["data"]["model"]["version"] == 1, what="version 1 again")


def assert_right(callers, known, version, body):
    known[version] = body["data"]["scores"]
    assert known[1] != known[version]
    for seen in callers.seen:
        assert seen.status == 200, seen
        assert seen.body["data"]["scores"] == known[seen.body["data"]["model"]["version"]]


def test_published_and_removed(running, models, known, table):
    data, answers = known
    with Callers(running.address, data).running(2) as callers:
        callers.await_status(200, 0)
        running.publish(models["second"], 2)
        published = time.monotonic()
        wait_until(lambda: 2 in callers.versions(), what="version 2")
        served = time.monotonic() - published
        body = next(seen.body for seen in callers.seen if seen.body["data"]["model"]["version"] == 2)
        shutil.rmtree(running.models / "2")
        removed = time.monotonic()
        wait_until(lambda: callers.seen[-1].body["data"]["model"]["version"] == 1, what="version 1 again")
        back = time.monotonic() - removed
        time.sleep(1)
    assert_right(callers, answers, 2, body)
    table.add("a version is published", "200, of either version", callers.slowest(), "`serving painting_genre version 2`", served)
    table.add("the version is removed", "200, of either version", callers.slowest(), "`serving painting_genre version 1`", back)


def test_broken_and_half_copied(running, models, known, table):
    data, answers = known
    whole = (models["second"] / "saved_model.pb").read_bytes()
    with Callers(running.address, data).running(2) as callers:
        callers.await_status(200, 0)
        shutil.copytree(models["second"], running.models / ".broken")
        (running.models / ".broken" / "saved_model.pb").write_bytes(b"no graph")
        (running.models / ".broken").rename(running.models / "2")
        wait_until(lambda: "painting_genre version 2 cannot be loaded" in running.model_server.text(), what="the reason in the log")
        # Not by a rename, as it should be, but copied in place, slowly.
        shutil.copytree(models["second"], running.models / "3", ignore=shutil.ignore_patterns("saved_model.pb"))
        with (running.models / "3" / "saved_model.pb").open("wb") as file:
            file.write(whole[: len(whole) // 2])
            file.flush()
            wait_until(lambda: "painting_genre version 3 cannot be loaded" in running.model_server.text(), what="the reason in the log")
            assert callers.versions() == {1}
            file.write(whole[len(whole) // 2 :])
        copied = time.monotonic()
        wait_until(lambda: 3 in callers.versions(), what="version 3")
        back = time.monotonic() - copied
        time.sleep(1)
    assert callers.versions() == {1, 3}
    assert_right(callers, answers, 3, next(seen.body for seen in callers.seen if seen.body["data"]["model"]["version"] == 3))
    table.add(
        "a version that is broken", "200, of the version before", callers.slowest(), "`version 2 cannot be loaded`, with the cause", 0
    )
    table.add(
        "a version copied in place, half of it there", "200, of the version before", callers.slowest(), "`version 3 cannot be loaded`", back
    )


def test_the_last_version_is_removed(running, models, known, table):
    data, _ = known
    shutil.rmtree(running.models / "1")
    wait_until(lambda: ask(running.address, data).status != 200, what="the end of the answers")
    seen = ask(running.address, data)
    assert seen.status == 502
    wait_until(lambda: not running.ready(), what="the end of readiness")
    assert "has none of the versions of painting_genre that should be served" in running.model_server.text()
    running.publish(models["first"], 1)
    published = time.monotonic()
    with Callers(running.address, data).running(1) as callers:
        back = callers.recovered(published)
    table.add(
        "the only version is removed",
        "502, `/readyz` 503",
        seen.seconds,
        "`... has none of the versions of painting_genre that should be served`",
        back,
    )
