"""What the front answers for the application, and what it does with an answer that fails."""

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest

from gateway.app import create_app
from gateway.environ import COMPLETE
from gateway.errors import Overloaded
from gateway.front.admission import Queue, Transfers
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


@pytest.fixture
def guarded(classifier, tmp_path):
    """The front of a gateway that takes two pictures a minute from the key `ragam_key`."""
    keys = tmp_path / "api_keys"
    keys.write_text(f"{hashlib.sha256(b'ragam_key').hexdigest()} alice\n")
    front = Front(create_app(Settings(api_keys_file=str(keys), rate_limit="2/minute"), classifier), 1)
    front._transfers, front._queue, front._probes, front._pool = Transfers(10**6), Queue(1, 60), {}, ThreadPoolExecutor(1)
    return front


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

    is_lost, can_stay, is_writable, left, answering, refusal, is_ended = False, True, True, 0, False, None, False

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


def sent(front, body, *headers, left):
    """The answer to a picture, of whose `body` so much is `left` to come: its status and headers, and whether the body was asked for."""
    connection, asked, answer = Conversation(), [], []
    connection.left = left

    async def receive():
        asked.append(True)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answer.append(message)

    request = scope("POST", "/prediction", connection=connection)
    request["headers"] += [(b"content-type", b"multipart/form-data; boundary=a"), (b"content-length", b"%d" % len(body)), *headers]
    asyncio.run(front(request, receive, send))
    return answer[0]["status"], dict(answer[0]["headers"]), json.loads(answer[1]["body"])["status"].get("error"), bool(asked)


KEY = (b"x-api-key", b"ragam_key")


def test_who_may_not_send_is_told_before_the_body_is_asked_for(guarded):
    status, headers, error, asked = sent(guarded, b"x" * 1000, left=1000)
    assert (status, error, asked) == (401, "key_unknown", False)
    assert headers[b"www-authenticate"] == b'Bearer realm="ragam"'
    assert headers[b"ratelimit"].startswith(b'"2-in-60s";r=1;')
    # Whether the body has come with the head or not, each request counts once.
    for left, remaining in ((1000, b"1"), (0, b"0")):
        status, headers, _, asked = sent(guarded, b"x" * 1000, KEY, left=left)
        assert (status, asked) == (400, True)
        assert headers[b"ratelimit"].startswith(b'"2-in-60s";r=%b;' % remaining)
    for left in (1000, 0):
        status, headers, error, asked = sent(guarded, b"x" * 1000, KEY, left=left)
        assert (status, error, asked) == (429, "rate_limited", left == 0)
        assert headers[b"retry-after"] == b"60"
