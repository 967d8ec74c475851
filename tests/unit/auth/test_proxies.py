import logging
from io import BytesIO

import pytest

from gateway.app import create_app
from gateway.auth.proxies import address_behind
from gateway.settings import Settings

PROXY = {"REMOTE_ADDR": "10.0.0.1"}


@pytest.fixture
def logged(classifier, caplog):
    """The client in the log line of a request with this X-Forwarded-For, where so many proxies are trusted."""

    def logged(forwarded, trusted):
        caplog.set_level(logging.INFO)
        caplog.clear()
        client = create_app(Settings(trusted_proxies=trusted), classifier).test_client()
        client.get("/", headers={} if forwarded is None else {"X-Forwarded-For": forwarded}, environ_base=PROXY)
        [line] = [record for record in caplog.records if record.name == "ragam.access"]
        return line.fields["client"]

    return logged


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        (0, None, "10.0.0.1"),
        (0, "192.0.2.7", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "203.0.113.9, 192.0.2.7", "192.0.2.7"),  # the left one came from the client
        (2, "203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", "10.0.0.1"),  # it came through one proxy fewer
        (1, "192.0.2.7:4711", "192.0.2.7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "x" * 500, "x" * 45),
        (1, "[", "["),
    ],
)
def test_the_client_is_the_one_that_the_trusted_proxies_name(logged, trusted, forwarded, client):
    assert logged(forwarded, trusted) == client
    assert address_behind(trusted, PROXY["REMOTE_ADDR"], forwarded or "") == client


def test_no_header_escapes_a_limit(classifier, picture):
    def send(client, forwarded):
        data = {"image": (BytesIO(picture()), "a.jpg")}
        return client.post("/prediction", data=data, headers={"X-Forwarded-For": forwarded}, environ_base=PROXY).status_code

    direct = create_app(Settings(rate_limit="1/minute", workers=1), classifier).test_client()
    assert [send(direct, forged) for forged in ("192.0.2.1", "192.0.2.2")] == [200, 429]
    behind = create_app(Settings(rate_limit="1/minute", workers=1, trusted_proxies=1), classifier).test_client()
    assert [send(behind, forged) for forged in ("1.1.1.1, 192.0.2.1", "2.2.2.2, 192.0.2.1", "192.0.2.2")] == [200, 429, 200]
    # Some proxies write this for a client that they do not name.
    assert [send(behind, "unknown") for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(("trusted", "scheme", "host"), [(0, "http", "localhost"), (1, "https", "museum.example")])
def test_scheme_and_host_come_from_trusted_proxies_alone(classifier, trusted, scheme, host):
    app = create_app(Settings(trusted_proxies=trusted), classifier)
    seen = {}

    @app.before_request
    def look():
        from flask import request

        seen.update(scheme=request.scheme, host=request.host)

    app.test_client().get("/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "museum.example"})
    assert seen == {"scheme": scheme, "host": host}
