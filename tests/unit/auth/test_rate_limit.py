import logging
import re
import time
from io import BytesIO

import pytest
from prometheus_client import REGISTRY
from redis_server import RedisServer

from gateway.app import create_app
from gateway.auth.moving_window import PAUSE_SECONDS
from gateway.settings import Settings

KEYS = {name: f"ragam_of-{name}" for name in ("alice", "bob")}


@pytest.fixture
def make(keys_file, classifier):
    """Makes a client of an application with these settings, and with API keys where `keys` says so."""
    connections = []

    def make(rate_limit, storage="memory://", *, keys=False, **others):
        file = keys_file if keys else ""
        settings = Settings(rate_limit=rate_limit, rate_limit_storage=storage, api_keys_file=file, workers=1, **others)
        app = create_app(settings, classifier)
        if storage.startswith("redis"):
            connections.append(app.extensions["access"].windows._storage.storage)
        return app.test_client()

    yield make
    for connection in connections:
        connection.close()


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
def storage(request):
    return "memory://" if request.param == "memory" else request.getfixturevalue("redis").address


def send(client, picture, path="/prediction", count=1, address="192.0.2.1", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    files = [(BytesIO(picture()), f"{number}.jpg") for number in range(count)]
    return client.post(path, data={"image": files}, headers=named, environ_base={"REMOTE_ADDR": address})


def codes(answers):
    return [answer.status_code for answer in answers]


def test_more_than_the_limit_is_429_in_the_envelope(make, picture, classifier, storage):
    client = make("2/minute", storage)
    first, second, third = (send(client, picture) for _ in range(3))
    assert codes([first, second, third]) == [200, 200, 429]
    assert len(classifier.seen) == 2
    seconds = int(third.headers["Retry-After"])
    assert 0 < seconds <= 60
    assert third.json == {
        "status": {
            "code": 429,
            "message": "Too Many Requests",
            "error": "rate_limited",
            "detail": f"You have sent more than this service takes from one client. Try again in {seconds} s.",
        },
        "data": None,
    }


def test_every_answer_tells_what_remains(make, picture, storage):
    client = make("3/minute;100/hour", storage)
    for remaining in (2, 1, 0, 0):
        answer = send(client, picture)
        assert answer.headers["RateLimit-Policy"] == '"3-in-60s";q=3;w=60, "100-in-3600s";q=100;w=3600'
        told = re.fullmatch(r'"3-in-60s";r=(\d+);t=(\d+), "100-in-3600s";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
        assert int(told[1]) == remaining
        assert 0 < int(told[2]) <= 60
        # What was refused was not taken.
        assert int(told[3]) == 97 + remaining
    assert answer.status_code == 429


def test_bad_pictures_count_too_and_are_told_what_remains(make):
    client = make("1/minute")
    answers = [client.post("/prediction") for _ in range(2)]
    assert codes(answers) == [400, 429]
    assert answers[0].headers["RateLimit"].startswith('"1-in-60s";r=0;')


def test_a_picture_counts_for_one_window_and_no_longer(make, picture, clock):
    client = make("2/minute")
    answers = []
    for second in (0, 30, 59, 60, 89, 90):
        clock.now += second - (answers[-1][0] if answers else 0)
        answer = send(client, picture)
        answers.append((second, answer.status_code, answer.headers.get("Retry-After")))
    assert answers == [(0, 200, None), (30, 200, None), (59, 429, "1"), (60, 200, None), (89, 429, "1"), (90, 200, None)]


def test_addresses_do_not_share_a_limit(make, picture):
    client = make("1/minute")
    assert codes([send(client, picture, address=address) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]) == [200, 200, 429]


def test_an_ipv6_network_is_one_client(make, picture):
    client = make("1/minute")
    addresses = ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1", "::ffff:192.0.2.1", "192.0.2.1")
    assert codes([send(client, picture, address=address) for address in addresses]) == [200, 429, 200, 200, 429]


@pytest.mark.parametrize("path", ["/", "/genres", "/openapi.yaml", "/docs", "/healthz", "/readyz", "/metrics"])
def test_what_sends_no_picture_is_free(make, picture, path):
    client = make("1/minute")
    for _ in range(5):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers
    assert client.options("/prediction").status_code == 200
    assert send(client, picture).status_code == 200


def test_unknown_addresses_count_too(make):
    client = make("1/minute")
    assert codes([client.post("/nowhere"), client.post("/nowhere")]) == [404, 429]


def test_a_request_counts_as_many_as_it_has_pictures(make, picture, classifier, storage):
    client = make("10/minute", storage)
    answer = send(client, picture, "/predictions", 8)
    assert answer.status_code == 200
    assert answer.headers["RateLimit"].startswith('"10-in-60s";r=2;')
    assert send(client, picture, "/predictions", 4).status_code == 429
    assert len(classifier.seen) == 1
    # The request that was refused has cost the one that every request costs.
    assert codes([send(client, picture), send(client, picture)]) == [200, 429]


def test_retry_after_is_when_all_pictures_of_the_request_fit(make, picture, clock):
    client = make("10/minute")
    for _ in range(8):
        assert send(client, picture).status_code == 200
        clock.now += 1
    refused = send(client, picture, "/predictions", 4)
    assert refused.status_code == 429
    # The request has cost one, so that the first three of nine have to be out of the window.
    assert refused.headers["Retry-After"] == "54"
    clock.now += 54
    assert send(client, picture, "/predictions", 4).status_code == 200


def test_more_pictures_than_ever_fit_are_told_so_and_not_to_wait(make, picture):
    client = make("4/second")
    answer = send(client, picture, "/predictions", 5)
    assert answer.status_code == 400
    assert answer.json["status"]["detail"] == "There are 5 pictures in the request. Send at most 4 at a time."


def test_a_key_has_its_limit_wherever_it_is_used(make, picture):
    client = make("2/minute", keys=True)
    tries = [("alice", "192.0.2.1"), ("alice", "192.0.2.2"), ("alice", "192.0.2.3"), ("bob", "192.0.2.1")]
    assert codes([send(client, picture, address=address, X_API_Key=KEYS[name]) for name, address in tries]) == [200, 200, 429, 200]


def test_an_address_that_sent_too_many_unknown_keys_is_refused_with_a_known_one_too(make, picture, clock):
    client = make("3/minute", keys=True)
    tries = [send(client, picture, X_API_Key=f"guess {number}") for number in range(4)]
    assert codes(tries) == [401, 401, 401, 429]
    assert tries[0].headers["RateLimit"].startswith('"3-in-60s";r=2;')
    assert tries[3].headers["Retry-After"] == "60"
    assert send(client, picture, X_API_Key=KEYS["alice"]).status_code == 429
    assert send(client, picture, address="192.0.2.2", X_API_Key=KEYS["alice"]).status_code == 200


def test_known_keys_do_not_count_as_unknown_ones(make, picture):
    client = make("2/minute", keys=True)
    assert codes([send(client, picture, X_API_Key=KEYS["alice"]) for _ in range(3)]) == [200, 200, 429]
    assert send(client, picture, X_API_Key="guess").status_code == 401
    assert send(client, picture, X_API_Key=KEYS["bob"]).status_code == 200


def test_the_metrics_count_refusals_by_whose_limit_it_was(make, picture):
    def value(by):
        return REGISTRY.get_sample_value("ragam_rate_limited_requests_total", {"by": by}) or 0

    before = value("key"), value("address")
    client = make("1/minute", keys=True)
    for _ in range(3):
        send(client, picture, X_API_Key=KEYS["alice"])
    for _ in range(2):
        send(client, picture)
    assert (value("key") - before[0], value("address") - before[1]) == (2, 1)


def test_applications_share_a_redis(make, picture, redis):
    first, second = make("3/minute", redis.address), make("3/minute", redis.address)
    assert codes([send(client, picture) for client in (first, second, first, second)]) == [200, 200, 200, 429]


def test_without_redis_nobody_is_limited_and_the_log_says_it_once(make, picture, redis, caplog):
    def logged():
        return [record.getMessage().split(":")[0] for record in caplog.records if record.name == "ragam.rate_limit"]

    caplog.set_level(logging.INFO)
    client = make("1/minute", redis.address)
    assert codes([send(client, picture) for _ in range(2)]) == [200, 429]
    redis.stop()
    answers = [send(client, picture) for _ in range(30)]
    assert set(codes(answers)) == {200}
    assert not any("RateLimit" in answer.headers for answer in answers)
    assert logged() == ["nothing is rate limited"]
    redis.start()
    time.sleep(PAUSE_SECONDS)
    assert codes([send(client, picture) for _ in range(2)]) == [200, 429]
    assert logged() == ["nothing is rate limited", "requests are rate limited again"]


def test_without_the_setting_nobody_is_limited(client, picture):
    answers = [send(client, picture) for _ in range(20)]
    assert set(codes(answers)) == {200}
    assert not any("RateLimit" in answer.headers or "RateLimit-Policy" in answer.headers for answer in answers)


def test_an_operator_is_told_that_processes_count_by_themselves(classifier, caplog):
    with caplog.at_level(logging.WARNING):
        create_app(Settings(rate_limit="1/minute", workers=2), classifier)
        assert "RAGAM_RATE_LIMIT_STORAGE" in caplog.text
        caplog.clear()
        create_app(Settings(rate_limit="1/minute", workers=1), classifier)
        create_app(Settings(workers=2), classifier)
        assert not caplog.records
