import contextlib
import logging
import socket
import threading
import time

import pytest
from redis_server import RedisServer

from gateway.auth import quota as module
from gateway.auth import quota_memory
from gateway.auth.quota import Quota


@pytest.fixture(params=["memory", "redis"])
def storage(request):
    if request.param == "memory":
        yield "memory://"
        return
    with RedisServer() as server:
        yield server.address


def remaining(standings):
    return [standing.remaining for standing in standings]


def test_each_sender_has_a_quota_of_its_own(storage):
    quota = Quota("3/minute", storage)
    assert [remaining(quota.take("alice")) for _ in range(3)] == [[2], [1], [0]]
    [standing] = quota.take("alice")
    assert (standing.fits, standing.remaining, standing.amount, standing.window) == (False, 0, 3, 60)
    assert 0 < standing.ends <= 60
    assert quota.take("bob")[0].fits


def test_of_several_limits_the_shorter_one_counts_too(storage):
    quota = Quota("10/minute;2/2second", storage)
    for _ in range(2):
        assert all(standing.fits for standing in quota.take("alice"))
    assert [standing.fits for standing in quota.take("alice")] == [True, False]
    # What was refused was not taken.
    while (left := remaining(quota.take("alice"))) == [8, 0]:
        time.sleep(0.05)
    assert left == [7, 1]


def test_many_pictures_are_taken_together_or_not_at_all(storage):
    quota = Quota("10/minute", storage)
    assert remaining(quota.take("alice", 8)) == [2]
    assert [standing.fits for standing in quota.take("alice", 3)] == [False]
    assert remaining(quota.take("alice", 2)) == [0]
    assert quota.most == 10


def test_looking_takes_nothing(storage):
    quota = Quota("1/minute", storage)
    assert quota.exhausted("alice") == quota.exhausted("alice") == []
    quota.take("alice")
    [standing] = quota.exhausted("alice")
    assert (standing.fits, standing.remaining) == (False, 0)
    assert 0 < standing.ends <= 60


def test_threads_at_the_same_time_never_get_more_than_the_quota(storage):
    quota = Quota("50/minute", storage)
    taken = []

    def take():
        taken.extend(all(standing.fits for standing in quota.take("alice")) for _ in range(25))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (taken.count(True), taken.count(False)) == (50, 50)


def test_memory_forgets_who_has_gone(monkeypatch):
    monkeypatch.setattr(quota_memory, "EXPIRY_SECONDS", 1.1)
    quota = Quota("5/second", "memory://")
    for number in range(2000):
        quota.take(f"address {number}")
    kept = quota._limiter.storage.storage
    assert len(kept) > 1000
    end = time.monotonic() + 120
    while len(kept) > 1:
        assert time.monotonic() < end
        quota.take("alice")
        time.sleep(0.1)


def test_memory_is_not_searched_after_every_request(monkeypatch):
    begun = []
    start = threading.Timer.start
    monkeypatch.setattr(threading.Timer, "start", lambda timer: (begun.append(timer), start(timer)))
    quota = Quota("1000/day", "memory://")
    for _ in range(20):
        quota.take("alice")
        time.sleep(0.02)
    # One of the library's, as the storage is made, then one of our own.
    assert len(begun) <= 2
    # Nobody who ends waits for it.
    assert begun[-1].daemon


def test_two_gateways_share_a_redis():
    with RedisServer() as server:
        first, second = Quota("3/minute", server.address), Quota("3/minute", server.address)
        assert [remaining(quota.take("alice")) for quota in (first, second, first)] == [[2], [1], [0]]
        assert not second.take("alice")[0].fits


def test_without_redis_all_are_let_in_and_the_log_says_it_once(caplog):
    caplog.set_level(logging.INFO)
    with RedisServer() as server:
        quota = Quota("1/minute", server.address)
        assert quota.take("alice")[0].fits
        assert not quota.take("alice")[0].fits
        server.stop()
        assert [quota.take("alice") for _ in range(100)] == [[]] * 100
        assert quota.exhausted("alice") == []
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert caplog.records[0].message.startswith("nothing is rate limited: the storage does not answer: ")
        server.start()
        time.sleep(module.PAUSE_SECONDS)
        assert quota.take("alice")[0].fits
        assert not quota.take("alice")[0].fits
        assert caplog.records[1].message == "requests are rate limited again"


def test_a_redis_that_never_answers_is_given_up_and_not_asked_again_at_once(caplog):
    now = [0.0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        quota = Quota("1/minute", f"redis://127.0.0.1:{silent.getsockname()[1]}/0", clock=lambda: now[0])

        silent.setblocking(False)

        def asked():
            """Whether it was, since the last look."""
            count = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    silent.accept()[0].close()
                    count += 1
            return count > 0

        # It would wait for ever, were there no limit to it.
        assert quota.take("alice") == []
        assert asked()
        now[0] = 0.9 * module.PAUSE_SECONDS
        assert [quota.take("alice") for _ in range(100)] == [[]] * 100
        assert not asked()
        now[0] = 1.1 * module.PAUSE_SECONDS
        assert quota.take("alice") == []
        assert asked()
    assert "nothing is rate limited" in caplog.text
