"""What the front makes of a request for Flask, what it answers itself, and what it does with an answer that fails."""

import asyncio
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from types import SimpleNamespace

import pytest

from gateway.app import create_app
from gateway.environ import COMPLETE
from gateway.errors import Overloaded, TooSlow
from gateway.front.admission import Queue, Transfers
from gateway.front.front import PAGE_THREADS, Front
from gateway.front.wsgi import call, environ_of
from gateway.settings import Settings
from gateway.telemetry.metrics import REQUESTS

KEY = (b"x-api-key", b"ragam_key")


def scope(method="POST", path="/prediction", headers=(), **changes):
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"details=true",
        "http_version": "1.1",
        "server": ("127.0.0.1", 5000),
        "client": ("192.0.2.1", 1),
        "scheme": "http",
        "headers": [(b"host", b"a.example"), *headers],
        **changes,
    }


def test_a_request_is_pep_3333_s_environ():
    headers = [(b"content-type", b"text/plain"), (b"x-forwarded-for", b"a"), (b"x-a", b"\xe9"), (b"x-forwarded-for", b"b")]
    # It would pass for the one with a dash, which a proxy in front may have set.
    environ = environ_of(scope(headers=[*headers, (b"x_forwarded_for", b"192.0.2.9"), (b"content_length", b"9")]))
    assert {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/prediction",
        "QUERY_STRING": "details=true",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "a.example",
        "CONTENT_TYPE": "text/plain",
        "HTTP_X_A": "é",
        "HTTP_X_FORWARDED_FOR": "a,b",
    }.items() <= environ.items()
    assert {"HTTP_CONTENT_TYPE", "CONTENT_LENGTH"}.isdisjoint(environ)
    for addresses, told in (({}, ("127.0.0.1", "5000", "192.0.2.1")), ({"server": None, "client": None}, ("localhost", "0", ""))):
        environ = environ_of(scope(**addresses))
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["REMOTE_ADDR"]) == told


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        # Bytes, each as a character.
        (b"/%C3%A9%20b", "/\xc3\xa9 b"),
        (b"/%2e%2e/etc", "/../etc"),
        (b"/a%2Fb%zz", "/a/b%zz"),
        # As a proxy is asked.
        (b"http://a.example/prediction", "/prediction"),
        (b"*", "*"),
        (b"//a.example/b", "//a.example/b"),
    ],
)
def test_the_path(raw, path):
    assert environ_of(scope(raw_path=raw))["PATH_INFO"] == path


class Pieces(list):
    """A WSGI application's answer, which must be closed."""

    is_closed = False

    def close(self):
        self.is_closed = True


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_is_taken_whole_and_closed(fails):
    pieces = Pieces([b"a", 1 if fails else b"bc"])

    def app(_environ, start_response):
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("X-Name", "é")])
        return pieces

    if fails:
        with pytest.raises(TypeError):
            call(app, {})
    else:
        assert call(app, {}) == (404, [(b"content-type", b"text/plain"), (b"x-name", b"\xe9")], b"abc")
    assert pieces.is_closed


@pytest.fixture
def front(classifier, tmp_path):
    """Of a gateway that takes two pictures a minute from the key `ragam_key`."""
    keys = tmp_path / "api_keys"
    keys.write_text(f"{hashlib.sha256(b'ragam_key').hexdigest()} alice\n")
    front = Front(create_app(Settings(api_keys_file=str(keys), rate_limit="2/minute"), classifier), 1)
    front._transfers, front._queue, front._pool = Transfers(10**6), Queue(1, 60), ThreadPoolExecutor(1)
    front._make_pools()
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


def conversation(left=0):
    """A connection that keeps what it is `told`, of whose body so much is `left` to come."""
    told = []
    never = dict.fromkeys(("is_lost", "answering", "refusal", "is_ended"), None)
    calls = {name: lambda *_, name=name: told.append(name) for name in ("begin", "complete", "end", "abort", "close")}
    return SimpleNamespace(can_stay=True, is_writable=True, is_abandoned=lambda: False, left=left, told=told, **never, **calls)


def test_behind_a_part_of_an_answer_comes_nothing(front):
    connection = conversation()

    async def send(message):
        if message["type"] == "http.response.body":
            raise RuntimeError("Response content shorter than Content-Length")

    with pytest.raises(RuntimeError):
        asyncio.run(front(scope("GET", "/healthz", state={"connection": connection}), None, send))
    assert connection.told == ["begin", "complete", "abort", "end"]


async def status(front, *request):
    answer = []

    async def send(message):
        answer.append(message)

    await front(scope(*request, headers=[KEY], state={"connection": conversation()}), None, send)
    return answer[0]["status"]


def test_the_page_comes_though_no_more_pictures_are_taken(front):
    front._queue = Queue(1, 0)

    async def test():
        async with front._queue.thread():
            for path in ("/prediction", "//prediction"):
                assert await status(front, "POST", path) == 503
            for path in ("/", "/page/main.js", "/docs", "/genres"):
                assert await status(front, "GET", path) == 200

    asyncio.run(test())


def test_the_page_comes_though_the_genres_wait_for_the_model_server(front, classifier, monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(classifier, "genres", lambda: answers.wait() and classifier.names)

    async def test():
        paths = ("/genres", *["//genres"] * PAGE_THREADS)
        waiting = [asyncio.create_task(status(front, "GET", path)) for path in paths]
        try:
            await asyncio.sleep(0)
            # So that it ends where it fails.
            async with asyncio.timeout(10):
                assert await status(front, "GET", "/page/main.js") == 200
            assert not any(task.done() for task in waiting)
        finally:
            answers.set()
        assert await asyncio.gather(*waiting) == [200] * len(waiting)

    asyncio.run(test())


FORM = ((b"content-type", b"multipart/form-data; boundary=a"), (b"content-length", b"1000"))


def sent(front, *headers, left, fails=None):
    """The answer to a body of 1,000 bytes, or which `fails`: its status, headers and error, and whether the body was asked for."""
    connection, asked, answer = conversation(left), [], []

    async def receive():
        asked.append(True)
        assert connection.told == ["begin"]
        if fails:
            raise fails
        return {"type": "http.request", "body": b"x" * 1000, "more_body": False}

    async def send(message):
        answer.append(message)

    asyncio.run(front(scope(headers=[*FORM, *headers], query_string=b"", state={"connection": connection}), receive, send))
    return answer[0]["status"], dict(answer[0]["headers"]), json.loads(answer[1]["body"])["status"].get("error"), bool(asked)


def test_who_may_not_send_is_told_before_the_body_is_asked_for(front):
    status, headers, error, asked = sent(front, left=1000)
    assert (status, error, asked) == (401, "key_unknown", False)
    assert headers[b"www-authenticate"] == b'Bearer realm="ragam"'
    # Whether the body has come with the head or not, each request counts once.
    for left, remaining in ((1000, b"1"), (0, b"0")):
        status, headers, _, asked = sent(front, KEY, left=left)
        assert (status, asked) == (400, True)
        assert headers[b"ratelimit"].startswith(b'"2-in-60s";r=%b;' % remaining)
    for left in (1000, 0):
        status, headers, error, asked = sent(front, KEY, left=left)
        assert (status, error, asked) == (429, "rate_limited", left == 0)
        assert headers[b"retry-after"] == b"60"


def test_a_compressed_body_is_refused_before_it_is_asked_for(front):
    for left in (1000, 0):
        status, headers, error, asked = sent(front, KEY, (b"content-encoding", b" GZIP "), left=left)
        assert (status, error, asked) == (415, "encoding_unsupported", False)
        assert headers[b"accept-encoding"] == b"identity"


def test_a_body_that_was_too_slow_is_its_connections_last(front):
    status, headers, error, _ = sent(front, KEY, left=1000, fails=TooSlow())
    assert (status, error, headers[b"connection"]) == (408, "request_too_slow", b"close")
