import asyncio
import os
from email.parser import BytesParser
from email.policy import HTTP

import httpx
import pytest

from gateway.errors import ServingBusy
from ragam.client import Service, connection
from ragam.errors import Mistake, NoService
from ragam.patience import Patience

URL = "http://ragam.test/museum"
BUSY = httpx.Response(503, headers={"Retry-After": "3"}, json={"status": {"code": 503, "detail": "Try again."}, "data": None})


class Wire:
    """What the command sends, and what comes back: an answer after the other, the last again and again."""

    def __init__(self, *answers):
        self.answers, self.requests, self.waits, self.told = list(answers), [], [], []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def run(self, call, key="", url=URL, retries=3):
        async def sleep(seconds):
            self.waits.append(seconds)

        async def go():
            async with connection(url, key, 5, 4) as real:
                http = httpx.AsyncClient(base_url=real.base_url, headers=real.headers, transport=httpx.MockTransport(self))
                return await call(Service(http, Patience(retries, lambda: 0.0), self.told.append, sleep))

        return asyncio.run(go())

    def ask(self, file, **options):
        return self.run(lambda service: service.ask(str(file)), **options)

    def check(self, **options):
        return self.run(lambda service: service.check(), **options)


@pytest.fixture
def app(client):
    """The application itself, reached through the command's own requests."""

    def answer(request):
        path = request.url.raw_path.decode().removeprefix("/museum")
        got = client.open(path, method=request.method, data=request.content, headers=list(request.headers.items()))
        return httpx.Response(got.status_code, headers=list(got.headers), content=got.data)

    return answer


@pytest.fixture
def file(tmp_path, picture):
    path = tmp_path / "a.jpg"
    path.write_bytes(picture())
    return path


def test_what_is_sent(app, file):
    wire = Wire(app)
    answer = wire.ask(file, key="secret")
    assert answer.prediction.genre in {"Light", "Dark"}
    assert (answer.file, answer.error, answer.is_last) == (str(file), "", False)
    [request] = wire.requests
    assert (request.method, str(request.url)) == ("POST", f"{URL}/prediction?details=true")
    assert request.headers["Authorization"] == "Bearer secret"
    assert int(request.headers["Content-Length"]) == len(request.content)
    [part] = (
        BytesParser(policy=HTTP)
        .parsebytes(b"Content-Type: " + request.headers["Content-Type"].encode() + b"\n\n" + request.content)
        .iter_parts()
    )
    assert (part.get_param("name", header="Content-Disposition"), part.get_filename()) == ("image", "a.jpg")
    assert part.get_content() == file.read_bytes()


def test_no_key_no_header(app, file):
    wire = Wire(app)
    wire.ask(file)
    assert "Authorization" not in wire.requests[0].headers


@pytest.mark.parametrize("name", [b'a"b.jpg', "café 日本.jpg".encode(), b"\xff\xfe.jpg", b"a\nb.jpg", b"a;b=c.JPG", b"'.jpeg"])
def test_names_of_any_bytes(app, tmp_path, picture, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(picture())
    assert Wire(app).ask(path).prediction


def test_the_service_s_sentence_is_the_error(app, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"text")
    wire = Wire(app)
    answer = wire.ask(path)
    assert (answer.prediction, answer.error) == (None, "The file name must end in .png, .jpg or .jpeg.")
    assert len(wire.requests) == 1
    assert not wire.waits


@pytest.mark.parametrize("status", [429, 503])
def test_asks_again_after_the_pause_that_the_service_wants(app, file, status):
    wire = Wire(httpx.Response(status, headers={"Retry-After": "7"}), httpx.Response(status), app)
    assert wire.ask(file).prediction
    assert wire.waits == [7, 0.5]
    bodies = [request.content.partition(b"\r\n")[2] for request in wire.requests]
    assert len(bodies) == 3
    assert all(file.read_bytes() in body for body in bodies)


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.RemoteProtocolError("closed")])
def test_asks_again_where_the_connection_fails(app, file, error):
    wire = Wire(error, error, app)
    assert wire.ask(file).prediction
    assert wire.waits == [0.25, 0.5]


def test_gives_up_with_the_service_s_sentence(file):
    wire = Wire(BUSY)
    answer = wire.ask(file)
    assert (answer.error, answer.is_last) == ("Try again.", False)
    assert len(wire.requests) == 4
    assert wire.waits == [3, 3, 3]


def test_does_not_wait_an_hour(file):
    wire = Wire(httpx.Response(429, headers={"Retry-After": "3600"}))
    assert wire.ask(file).error == "The answer was 429 Too Many Requests, without a reason."
    assert not wire.waits


@pytest.mark.parametrize("status", [400, 413, 500, 502, 504])
def test_asks_only_once_where_that_would_not_help(file, status):
    wire = Wire(httpx.Response(status, text="<html>"))
    assert str(status) in wire.ask(file).error
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("error", "sentence", "is_last"),
    [
        (httpx.ConnectError("Connection refused"), "Nobody answers at http://ragam.test/museum (Connection refused).", True),
        (httpx.ConnectTimeout(""), "Nobody answers at http://ragam.test/museum (no connection in time).", True),
        (httpx.ReadTimeout(""), "http://ragam.test/museum did not answer in time. --timeout allows more.", False),
        (httpx.ReadError(""), "The connection to http://ragam.test/museum broke off.", False),
        (httpx.DecodingError("bad gzip"), "http://ragam.test/museum could not be asked: bad gzip.", False),
    ],
)
def test_what_is_told_of_a_service_that_does_not_answer(file, error, sentence, is_last):
    answer = Wire(error).ask(file)
    assert (answer.error, answer.is_last) == (sentence, is_last)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_it_all(file, status):
    answer = Wire(httpx.Response(status, json={"status": {"code": status, "detail": "Wrong key."}, "data": None})).ask(file)
    assert (answer.error, answer.is_last) == ("Wrong key.", True)


def test_an_answer_of_something_else(file):
    assert (
        Wire(httpx.Response(200, json={"status": {"code": 200}, "data": {}})).ask(file).error.startswith("The answer was not understood.")
    )


def test_files_that_cannot_be_read(tmp_path):
    wire = Wire(BUSY)
    assert wire.ask(tmp_path / "none.jpg").error == "The file cannot be read: No such file or directory."
    assert wire.ask(tmp_path).error == "The file cannot be read: it is a folder."
    os.mkfifo(tmp_path / "pipe.jpg")
    assert wire.ask(tmp_path / "pipe.jpg").error == "The file cannot be read: it is a device or pipe."
    assert not wire.requests


def test_check_accepts_the_application(app):
    wire = Wire(httpx.ConnectError("refused"), httpx.ConnectError("refused"), app)
    wire.check()
    assert wire.requests[0].headers["Accept"] == "application/json"
    assert wire.told == ["http://ragam.test/museum does not answer yet, trying again."]


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (httpx.ConnectError("refused"), NoService, "Nobody answers at http://ragam.test/museum (refused)."),
        (BUSY, NoService, "Try again."),
        (httpx.Response(200, text="<html>"), Mistake, "http://ragam.test/museum answers, but not as Ragam does."),
        (httpx.Response(404, text="no"), Mistake, "http://ragam.test/museum answers, but not as Ragam does."),
        (httpx.Response(301, headers={"Location": "https://a.test/"}), Mistake, "http://ragam.test/museum sends on to https://a.test/."),
    ],
)
def test_check_says_what_is_wrong(answer, error, sentence):
    with pytest.raises(error) as caught:
        Wire(answer).check()
    assert caught.value.message.startswith(sentence)


def test_a_password_in_the_address_is_not_told():
    with pytest.raises(NoService) as caught:
        Wire(httpx.ConnectError("refused")).check(url="http://curator:hunter2@ragam.test:81")
    assert caught.value.message == "Nobody answers at http://ragam.test:81 (refused)."


@pytest.mark.parametrize("url", ["", "ragam.test", "localhost:5000", "ftp://ragam.test", "http://", "http://a:b:c", "http://a:99999"])
def test_addresses_that_cannot_be_used(url):
    with pytest.raises(Mistake, match=r"^--url "):
        connection(url, "", 5, 4)


@pytest.mark.parametrize("key", ["a b", "é", "a\nb"])
def test_keys_that_cannot_be_sent(key):
    with pytest.raises(Mistake) as caught:
        connection(URL, key, 5, 4)
    assert key not in caught.value.message


def test_busy_model_comes_back(app, classifier, file):
    classifier.error = ServingBusy()

    def recover(request):
        classifier.error = None
        return app(request)

    wire = Wire(app, recover)
    assert wire.ask(file).prediction
    assert wire.waits == [1]
