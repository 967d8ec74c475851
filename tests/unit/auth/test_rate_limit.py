import logging
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from limits.errors import StorageError
from prometheus_client import REGISTRY
from redis_server import RedisServer

from gateway.app import create_app
from gateway.auth.moving_window import PAUSE_SECONDS, MemoryStorage, MovingWindows
from gateway.settings import Settings

KEYS = {name: f"ragam_of-{name}" for name in ("alice", "bob")}


@pytest.fixture
def make(keys_file, classifier):
    """Makes a client of an application with these limits, and with API keys where `keys` says so."""

    def make(rate_limit, *, keys=False, **others):
        settings = Settings(rate_limit=rate_limit, api_keys_file=keys_file if keys else "", workers=1, **others)
        return create_app(settings, classifier).test_client()

    return make


def send(client, picture, path="/prediction", count=1, address="192.0.2.1", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    files = [(BytesIO(picture()), f"{number}.jpg") for number in range(count)]
    return client.post(path, data={"image": files}, headers=named, environ_base={"REMOTE_ADDR": address})


def codes(answers):
    return [answer.status_code for answer in answers]


def test_more_than_the_limit_is_429_in_the_envelope_and_every_answer_tells_what_remains(make, picture, classifier):
    client = make("3/minute;100/hour")
    for remaining in (2, 1, 0, 0):
        answer = send(client, picture)
        assert answer.headers["RateLimit-Policy"] == '"3-in-60s";q=3;w=60, "100-in-3600s";q=100;w=3600'
        told = re.fullmatch(r'"3-in-60s";r=(\d+);t=(\d+), "100-in-3600s";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
        assert int(told[1]) == remaining
        assert 0 < int(told[2]) <= 60
        # What was refused was not taken.
        assert int(told[3]) == 97 + remaining
    assert len(classifier.seen) == 3
    seconds = int(answer.headers["Retry-After"])
    assert 0 < seconds <= 60
    assert answer.json == {
        "status": {
            "code": 429,
            "message": "Too Many Requests",
            "error": "rate_limited",
            "detail": f"You have sent more than this service takes from one client. Try again in {seconds} s.",
        },
        "data": None,
    }


def test_bad_pictures_and_unknown_addresses_count_too_and_are_told_what_remains(make):
    for path, status in (("/prediction", 400), ("/nowhere", 404)):
        client = make("1/minute")
        answers = [client.post(path) for _ in range(2)]
        assert codes(answers) == [status, 429]
        assert answers[0].headers["RateLimit"].startswith('"1-in-60s";r=0;')


def test_a_picture_counts_for_one_window_and_no_longer(make, picture, clock):
    client = make("2/minute")
    answers = []
    for second in (0, 30, 59, 60, 89, 90):
        clock.now += second - (answers[-1][0] if answers else 0)
        answer = send(client, picture)
        answers.append((second, answer.status_code, answer.headers.get("Retry-After")))
    assert answers == [(0, 200, None), (30, 200, None), (59, 429, "1"), (60, 200, None), (89, 429, "1"), (90, 200, None)]


def test_addresses_do_not_share_a_limit_and_an_ipv6_network_is_one_client(make, picture):
    client = make("1/minute")
    addresses = ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2")
    assert codes([send(client, picture, address=address) for address in addresses]) == [200, 429, 200, 200, 429, 200]
    # Some proxies write this for a client that they do not name.
    assert codes([send(client, picture, address="unknown") for _ in range(2)]) == [200, 429]


def test_what_sends_no_picture_is_free(make, picture):
    client = make("1/minute")
    for path in ("/", "/genres", "/openapi.yaml", "/docs", "/healthz", "/readyz", "/metrics"):
        answer = client.get(path)
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False), path
    assert client.options("/prediction").status_code == 200
    assert send(client, picture).status_code == 200


def test_a_request_counts_as_many_as_it_has_pictures(make, picture, classifier, clock):
    client = make("10/minute")
    assert send(client, picture, "/predictions", 5).status_code == 200
    clock.now += 6
    assert send(client, picture, "/predictions", 3).headers["RateLimit"].startswith('"10-in-60s";r=2;')
    clock.now += 6
    refused = send(client, picture, "/predictions", 4)
    # When all of them fit: the request has cost one, so that the first three of nine have to be out of the window.
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "48")
    assert len(classifier.seen) == 2
    assert codes([send(client, picture), send(client, picture)]) == [200, 429]
    clock.now += 48
    assert send(client, picture, "/predictions", 4).status_code == 200


def test_more_pictures_than_ever_fit_are_told_so_and_not_to_wait(make, picture):
    answer = send(make("4/second"), picture, "/predictions", 5)
    assert answer.status_code == 400
    assert answer.json["status"]["detail"] == "There are 5 pictures in the request. Send at most 4 at a time."


def test_a_key_has_its_limit_wherever_it_is_used(make, picture):
    client = make("2/minute", keys=True)
    tries = [("alice", "192.0.2.1"), ("alice", "192.0.2.2"), ("alice", "192.0.2.3"), ("bob", "192.0.2.1")]
    assert codes([send(client, picture, address=address, X_API_Key=KEYS[name]) for name, address in tries]) == [200, 200, 429, 200]
    # Known keys do not count as unknown ones.
    assert send(client, picture, X_API_Key="guess").status_code == 401
    assert send(client, picture, X_API_Key=KEYS["bob"]).status_code == 200


def test_an_address_that_sent_too_many_unknown_keys_is_refused_with_a_known_one_too(make, picture, clock):
    client = make("3/minute", keys=True)
    tries = [send(client, picture, X_API_Key=f"guess {number}") for number in range(4)]
    assert codes(tries) == [401, 401, 401, 429]
    assert (tries[0].headers["RateLimit"], tries[3].headers["Retry-After"]) == ('"3-in-60s";r=2;t=60', "60")
    assert send(client, picture, X_API_Key=KEYS["alice"]).status_code == 429
    assert send(client, picture, address="192.0.2.2", X_API_Key=KEYS["alice"]).status_code == 200


def test_the_metrics_count_refusals_by_whose_limit_it_was(make, picture):
    def value(by):
        return REGISTRY.get_sample_value("ragam_rate_limited_requests_total", {"by": by}) or 0

    before = value("key"), value("address")
    client = make("1/minute", keys=True)
    assert codes([send(client, picture, X_API_Key=KEYS["alice"]) for _ in range(3)]) == [200, 429, 429]
    assert codes([send(client, picture) for _ in range(2)]) == [401, 429]
    assert (value("key") - before[0], value("address") - before[1]) == (2, 1)


def test_an_operator_is_told_that_processes_count_by_themselves(classifier, caplog):
    create_app(Settings(rate_limit="1/minute", workers=1), classifier)
    create_app(Settings(workers=2), classifier)
    assert not caplog.records
    create_app(Settings(rate_limit="1/minute", workers=2), classifier)
    assert "RAGAM_RATE_LIMIT_STORAGE" in caplog.text


def test_threads_at_the_same_time_never_get_more_than_the_limit():
    windows = MovingWindows("50/minute", "memory://")
    with ThreadPoolExecutor(4) as pool:
        fits = list(pool.map(lambda _: windows.take("alice").fits, range(100)))
    assert (fits.count(True), fits.count(False)) == (50, 50)


def test_memory_keeps_a_sender_for_one_window_and_no_longer(clock):
    storage = MemoryStorage()
    for number in range(2000):
        assert storage.acquire_entry(f"address {number}", 5, 10)
        assert storage.acquire_entry(f"address {number}", 5, 60)
        clock.now += 1 / 64
    assert storage.acquire_entry("alice", 5, 10)
    assert len(storage) == 10 * 64 + 2000
    clock.now += 60
    # A sender who is refused is not kept.
    assert not storage.acquire_entry("bob", 5, 10, amount=6)
    assert not storage.acquire_entry("bob", 5, 60, amount=6)
    assert len(storage) == 0


def test_while_the_storage_is_away_nobody_is_limited_and_it_is_asked_once_a_pause(clock, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    windows, asked = MovingWindows("1/minute", "memory://"), []

    def fail(*_, **__):
        asked.append(True)
        raise StorageError(ConnectionError())

    with monkeypatch.context() as away:
        away.setattr(windows._storage, "acquire_entry", fail)
        for attempts in (1, 2):
            assert all(windows.take("alice").fits for _ in range(100))
            assert len(asked) == attempts
            clock.now += PAUSE_SECONDS
    assert [windows.take("alice").fits for _ in range(2)] == [True, False]
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert told == ["nothing is rate limited", "requests are rate limited again"]


def test_processes_share_a_redis_and_nobody_waits_for_one_that_is_away(make, picture):
    with RedisServer() as redis:
        clients = [make("3/minute", rate_limit_storage=redis.address) for _ in range(2)]
        assert codes([send(clients[number % 2], picture) for number in range(4)]) == [200, 200, 200, 429]
        redis.stop()
        assert send(clients[1], picture).status_code == 200
    for client in clients:
        client.application.extensions["access"].windows._storage.storage.close()


def test_no_header_escapes_a_limit(make, picture):
    for proxies, forged, told in (
        (0, ("192.0.2.1", "192.0.2.2"), [200, 429]),
        (1, ("1.1.1.1, 192.0.2.1", "2.2.2.2, 192.0.2.1", "192.0.2.2"), [200, 429, 200]),
    ):
        client = make("1/minute", trusted_proxies=proxies)
        assert codes([send(client, picture, X_Forwarded_For=forwarded) for forwarded in forged]) == told


def test_a_redis_that_never_answers_is_away():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        windows = MovingWindows("1/minute", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        # Without a limit of time this would never return.
        assert windows.take("alice").fits
