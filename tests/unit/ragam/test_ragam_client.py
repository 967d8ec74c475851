"""What the client sends, when it sends it again, and what it says where there is no answer."""

import asyncio
import os
import random
from contextlib import aclosing
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from stub_gateway import answer, hang_up

from gateway.api import upload as uploads
from gateway.errors import ServingBusy
from ragam import client as ragam_client
from ragam import files
from ragam.client import Client, retry_after, wait_seconds
from ragam.errors import InvalidInput, RagamError, Unavailable

BUSY = answer(503, {"status": {"code": 503, "detail": "Try again."}, "data": None}, Retry_After="3")
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.fixture
def file(tmp_path, picture):
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(64, 48))
    return path


@pytest.fixture
def waits(monkeypatch):
    """How long the client would have waited."""
    waits, sleep = [], asyncio.sleep

    async def note(seconds):
        waits.extend([seconds] if seconds else [])
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr(random, "random", lambda: 0.0)
    monkeypatch.setattr(ragam_client, "FIRST_WAIT", 0.5)
    return waits


def ask(gateway, call, path="/museum", **options):
    async def run():
        async with aclosing(Client(gateway.url + path, timeout=5, **options)) as client:
            return await call(client)

    return asyncio.run(run())


def classify(gateway, file, **options):
    return ask(gateway, lambda client: client.classify(str(file)), **{"retries": 3, **options})


def test_what_is_sent_and_what_comes_back(gateway, classifier, file):
    classifier.more = {"typicality": 0.4127, "certain": False, "expected_accuracy": 0.34}
    found = classify(gateway, file, api_key="secret")
    assert found.genre in {"Light", "Dark"}
    assert found.confidence == max(found.scores.values()) == found.scores[found.genre]
    assert (found.certain, found.typicality, found.expected_accuracy) == (False, 0.4127, 0.34)
    assert (found.model_version, set(found.scores)) == (3, {"Light", "Dark"})
    [(method, path, headers, body)] = gateway.requests
    assert (method, path) == ("POST", "/museum/prediction?details=true")
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Accept"] == "application/json"
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\n\n" + body)
    [part] = message.iter_parts()
    assert (part.get_param("name", header="Content-Disposition"), part.get_filename()) == (uploads.FIELD, "a.jpg")
    assert part.get_content() == file.read_bytes()


def test_the_gateway_takes_what_is_looked_for():
    assert (files.EXTENSIONS, ragam_client.FIELD) == (uploads.EXTENSIONS, uploads.FIELD)


@pytest.mark.parametrize("name", [b'a"b.jpg', "café 日本.jpg".encode(), b"\xff\xfe.jpg", b"a\nb.jpg", b"a;b=c.JPG", b"'.jpeg"])
def test_names_of_any_bytes(gateway, tmp_path, picture, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(picture(64, 48))
    assert classify(gateway, path).genre


def test_the_service_s_sentence_is_the_error(gateway, tmp_path, waits):
    path = tmp_path / "a.txt"
    path.write_bytes(b"text")
    with pytest.raises(RagamError, match=r"The file name must end in \.png, \.jpg or \.jpeg\."):
        classify(gateway, path)
    assert len(gateway.requests) == 1
    assert not waits


@pytest.mark.parametrize("status", [429, 503])
def test_asks_again_after_the_pause_that_the_service_wants(gateway, file, waits, status):
    gateway.faults = [answer(status, Retry_After="7"), answer(status)]
    assert classify(gateway, file)
    assert waits == [7, 0.5]
    assert len(gateway.requests) == 3
    assert all(file.read_bytes() in body for *_, body in gateway.requests)


def test_asks_again_where_the_connection_is_lost(gateway, file, waits):
    gateway.faults = [hang_up, hang_up]
    assert classify(gateway, file)
    assert waits == [0.25, 0.5]


def test_a_busy_model_comes_back(gateway, classifier, file, waits):
    classifier.error = ServingBusy()

    def recover(handler):
        classifier.error = None
        hang_up(handler)

    gateway.faults = [None, recover]
    assert classify(gateway, file)
    assert waits == [1, 0.5]


def test_gives_up_with_the_service_s_sentence(gateway, file, waits):
    gateway.faults = [BUSY] * 4
    with pytest.raises(RagamError, match=r"^Try again\.$"):
        classify(gateway, file)
    assert len(gateway.requests) == 4
    assert waits == [3, 3, 3]


def test_does_not_wait_an_hour(gateway, file, waits):
    gateway.faults = [answer(429, Retry_After="3600")]
    with pytest.raises(RagamError, match=r"^The answer was 429 Too Many Requests, without a reason\.$"):
        classify(gateway, file)
    assert not waits


@pytest.mark.parametrize("status", [400, 413, 500, 502, 504])
def test_asks_only_once_where_that_would_not_help(gateway, file, waits, status):
    gateway.faults = [answer(status, b"<html>")]
    with pytest.raises(RagamError, match=str(status)):
        classify(gateway, file)
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_refused_for_every_picture(gateway, file, status):
    gateway.faults = [answer(status, {"status": {"code": status, "detail": "Wrong key."}, "data": None})]
    with pytest.raises(Unavailable, match=r"^Wrong key\.$"):
        classify(gateway, file)


def test_files_that_cannot_be_read(gateway, tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path, sentence in [
        (tmp_path / "none.jpg", "The file cannot be read: No such file or directory."),
        (tmp_path, "The file cannot be read: it is a folder, a device or a pipe."),
        (tmp_path / "pipe.jpg", "The file cannot be read: it is a folder, a device or a pipe."),
    ]:
        with pytest.raises(RagamError) as caught:
            classify(gateway, path)
        assert str(caught.value) == sentence
    assert not gateway.requests


def test_check_accepts_the_application_and_tells_once_that_it_waits(gateway, waits):
    told = []
    gateway.index_faults = [hang_up, hang_up]
    ask(gateway, lambda client: client.check(told.append))
    assert told == [f"{gateway.url}/museum does not answer yet, trying again."]


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        (hang_up, Unavailable, "The connection to ADDRESS was lost."),
        (BUSY, Unavailable, "Try again."),
        (answer(200, b"<html>"), InvalidInput, "ADDRESS answers, but it is not Ragam. Use the address of its gateway."),
        (answer(200, b"[]"), InvalidInput, "ADDRESS answers, but it is not Ragam. Use the address of its gateway."),
        (answer(200, {"status": 200, "data": None}), InvalidInput, "ADDRESS answers, but it is not Ragam. Use the address of its gateway."),
        (answer(404, b"no"), InvalidInput, "ADDRESS answers, but it is not Ragam. Use the address of its gateway."),
        (answer(301, Location="https://a.test/"), InvalidInput, "ADDRESS redirects to https://a.test/. Use that address."),
    ],
)
def test_check_says_what_is_wrong(gateway, waits, fault, error, sentence):
    gateway.index_faults = [fault] * 6
    with pytest.raises(error) as caught:
        ask(gateway, lambda client: client.check())
    assert str(caught.value) == sentence.replace("ADDRESS", f"{gateway.url}/museum")


def test_a_password_in_the_address_is_not_told(gateway):
    gateway.stop()
    gateway.user = gateway.url.replace("//", "//curator:hunter2@")
    with pytest.raises(Unavailable) as caught:
        asyncio.run(Client(gateway.user, retries=0).check())
    assert str(caught.value).startswith(f"There is no connection to {gateway.url} (")


@pytest.mark.parametrize("url", ["", "ragam.test", "localhost:5000", "ftp://ragam.test", "http://", "http://a:b:c", "http://a:99999"])
def test_addresses_that_cannot_be_used(url):
    with pytest.raises(InvalidInput, match=r"^The address of the gateway "):
        Client(url)


@pytest.mark.parametrize("key", ["a b", "é", "a\nb"])
def test_keys_that_cannot_be_sent(key):
    with pytest.raises(InvalidInput) as caught:
        Client("http://ragam.test", key)
    assert key not in str(caught.value)


class Counted(Client):
    """Has no answer for any file, and for `last` none ever; notes how many are under way. Those of `forever` never end."""

    def __init__(self, concurrency, last="", forever=""):
        super().__init__("http://ragam.test", concurrency=concurrency)
        self.last, self.forever, self.now, self.most, self.begun = last, forever, 0, 0, []

    async def classify(self, file):
        self.begun.append(file)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(3600 if file in self.forever else 0)
        finally:
            self.now -= 1
        raise Unavailable if file == self.last else RagamError

    def run(self, files, most=1000):
        async def collect():
            found = []
            async with aclosing(self), aclosing(self.classify_many(files)) as outcomes:
                async for file, _ in outcomes:
                    found.append(file)
                    if len(found) == most:
                        break
            return found

        return asyncio.run(collect())


@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_each_once_and_so_many_at_a_time(concurrency):
    client, names = Counted(concurrency), [str(number) for number in range(20)]
    assert sorted(client.run(names)) == sorted(names)
    assert client.most == min(concurrency, 20)
    assert client.run([]) == []


def test_after_unavailable_nothing_is_begun_and_what_runs_is_finished():
    client = Counted(4, last="5")
    found = client.run([str(number) for number in range(20)])
    assert "5" in found
    assert sorted(found) == sorted(client.begun)
    assert len(found) < 12


def test_closed_early_it_leaves_nothing_running():
    client = Counted(4, forever="bcd")
    assert client.run("abcdefgh", most=1) == ["a"]
    assert {"a", "b", "c", "d"} <= set(client.begun)
    assert client.now == 0


def test_waits_double_up_to_a_bound_and_spread_by_chance(monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 0.999999)
    assert [wait_seconds(attempt) for attempt in range(20)] == pytest.approx([min(30, 0.5 * 2**attempt) for attempt in range(20)], rel=1e-5)
    assert 7 < wait_seconds(0, 7) < 8
    monkeypatch.setattr(random, "random", lambda: 0.0)
    assert (wait_seconds(3), wait_seconds(0, 7), wait_seconds(4, 1)) == (2, 7, 4)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("3", 3),
        (" 120 ", 120),
        ("-3", 0),
        ("soon", 0),
        ("٣", 0),
        ("9" * 5000, float("inf")),
        ("Tue, 24 Nov 2026 08:30:10 GMT", 10),
        ("Tue, 24 Nov 2026 08:29:00 GMT", 0),
        ("Tue, 24 Nov 2026 08:30:10 -0000", 10),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 0),
        ("Mon, 01 Jan 0000 00:00:00 GMT", 0),
    ],
)
def test_retry_after(text, seconds):
    assert retry_after(text, NOW) == seconds
