"""What the front answers for the application, and what it does with an answer that fails."""

import asyncio
from time import perf_counter

import pytest

from gateway.app import create_app
from gateway.environ import COMPLETE
from gateway.errors import Overloaded
from gateway.front.admission import Transfers
from gateway.front.front import Front
from gateway.front.wsgi import environ_of
from gateway.settings import Settings
from gateway.telemetry.metrics import REQUESTS


@pytest.fixture
def front(classifier):
    front = Front(create_app(Settings(), classifier), 1)
    front._transfers, front._probes = Transfers(10**6), {}
    return front


def scope(method, path, **state):
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "server": None,
        "client": ("192.0.2.1", 1),
        "scheme": "http",
        "headers": [(b"host", b"a")],
        "state": state,
    }


def refused(front, method, path):
    status, headers, body = front._refuse({**environ_of(scope(method, path)), COMPLETE: perf_counter()}, Overloaded())
    return status, int(dict(headers)[b"content-length"]), len(body)


def test_a_refusal_that_is_kept_is_none_of_head(front):
    """Answers to HEAD have a length and no body: one of them, kept, was what everybody got from then on."""
    for path in ("/metrics", "/prediction"):
        status, length, size = refused(front, "HEAD", path)
        assert (status, size) == (503, 0)
        assert length > 0
    for _ in range(2):
        status, length, size = refused(front, "POST", "/prediction")
        assert status == 503
        assert length == size > 0


def test_no_address_that_was_made_up_is_a_series_of_the_metrics(front):
    for method, path in (("POST", "/prediction"), ("GET", "/made-up"), ("POST", "/made-up"), ("POST", "//prediction"), ("GET", "/genres")):
        for _ in range(2):
            assert refused(front, method, path)[0] == 503
    [metric] = REQUESTS.collect()
    series = {(sample.labels["method"], sample.labels["route"]) for sample in metric.samples if sample.labels["status"] == "503"}
    assert ("GET", "/genres") in series
    assert ("POST", "/genres") not in series
    assert not {route for _, route in series} & {"/made-up", "//prediction"}


class Conversation:
    """A connection that keeps what it is told."""

    is_lost, can_stay, is_writable, left, answering = False, True, True, 0, False

    def __init__(self):
        self.told = []

    def is_abandoned(self):
        return False

    def begin(self, length):
        self.told.append("begin")

    def end(self):
        self.told.append("end")

    def close(self):
        self.told.append("close")

    def abort(self):
        self.told.append("abort")


def test_behind_a_part_of_an_answer_comes_nothing(front):
    connection = Conversation()

    async def send(message):
        if message["type"] == "http.response.body":
            raise RuntimeError("Response content shorter than Content-Length")

    with pytest.raises(RuntimeError):
        asyncio.run(front(scope("GET", "/healthz", connection=connection), None, send))
    assert connection.told == ["begin", "abort", "end"]
