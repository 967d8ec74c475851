import logging
from io import BytesIO

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from gateway.app import create_app
from gateway.auth.proxies import address_behind, client_network
from gateway.settings import Settings

PROXY = {"REMOTE_ADDR": "10.0.0.1"}


@pytest.fixture
def logged(classifier, caplog):
    """What the log calls the client of a request with the header X-Forwarded-For through so many trusted proxies."""

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
        (1, "203.0.113.9, 192.0.2.7", "192.0.2.7"),  # what stands left came from the client
        (2, "203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", "10.0.0.1"),  # one proxy was passed by: nothing is believed
        (1, "192.0.2.7:4711", "192.0.2.7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "x" * 500, "x" * 45),
        (1, "[", "["),
    ],
)
def test_the_client_is_whom_as_many_proxies_as_are_trusted_name(logged, trusted, forwarded, client):
    assert logged(forwarded, trusted) == client
    assert address_behind(trusted, PROXY["REMOTE_ADDR"], forwarded or "") == client


def test_nobody_escapes_a_limit_by_a_header(classifier, picture):
    def send(client, forwarded):
        data = {"image": (BytesIO(picture()), "a.jpg")}
        return client.post("/prediction", data=data, headers={"X-Forwarded-For": forwarded}, environ_base=PROXY).status_code

    direct = create_app(Settings(rate_limit="1/minute", workers=1), classifier).test_client()
    assert [send(direct, forged) for forged in ("192.0.2.1", "192.0.2.2")] == [200, 429]
    behind = create_app(Settings(rate_limit="1/minute", workers=1, trusted_proxies=1), classifier).test_client()
    assert [send(behind, forged) for forged in ("1.1.1.1, 192.0.2.1", "2.2.2.2, 192.0.2.1", "192.0.2.2")] == [200, 429, 200]


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


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_what_a_client_can_choose_from(address, network):
    request = Request(EnvironBuilder(environ_base={"REMOTE_ADDR": address}).get_environ())
    assert client_network(request) == network
