import logging

import pytest

from gateway.app import create_app
from gateway.auth.proxies import address_behind
from gateway.settings import Settings

PROXY = {"REMOTE_ADDR": "10.0.0.1"}


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        (0, None, "10.0.0.1"),
        (0, "192.0.2.7", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "192.0.2.7", "192.0.2.7"),
        (2, "203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", "10.0.0.1"),  # it came through one proxy fewer
        (1, "192.0.2.7:4711", "192.0.2.7"),
        (1, "[2001:DB8::7]:4711", "2001:db8::7"),
        (1, "x" * 500, "x" * 45),
        (1, "[", "["),
    ],
)
def test_the_client_is_the_one_that_the_trusted_proxies_name(classifier, caplog, trusted, forwarded, client):
    with caplog.at_level(logging.INFO, "ragam.access"):
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        create_app(Settings(trusted_proxies=trusted), classifier).test_client().get("/", headers=headers, environ_base=PROXY)
    assert caplog.records[-1].fields["client"] == client
    assert address_behind(trusted, PROXY["REMOTE_ADDR"], forwarded or "") == client


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
