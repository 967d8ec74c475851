"""What the client makes of servers that are busy, broken or hostile. When it sends again is the rule in docs/interface.md.

A broken one costs its picture a sentence, and nothing else; in bounded memory and time.
"""

import gzip
import json
import random
import resource
import time
from datetime import UTC, datetime

import pytest
from stub_gateway import answer, hang_up

from ragam import Client, RagamError
from ragam.errors import Busy, InvalidInput
from ragam.transport import retry_after, wait_seconds

BUSY = answer(503, {"status": {"code": 503, "error": "model_busy", "detail": "Try again."}, "data": None}, Retry_After="3")
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("status", [429, 503])
def test_asks_again_after_the_pause_that_the_service_wants(ragam, gateway, file, waits, status):
    gateway.faults = [answer(status, Retry_After="7"), answer(status), hang_up]
    assert ragam.classify(file)
    assert waits == [7, 2, 4]
    assert len(gateway.requests) == 4
    assert all(file.read_bytes() in body for *_, body in gateway.requests)


def test_what_stays_busy_is_an_error_with_its_pause_and_a_long_pause_is_not_waited_for(ragam, gateway, file, waits):
    gateway.faults = [BUSY] * 4
    with pytest.raises(Busy, match=r"^Try again\.$") as caught:
        ragam.classify(file)
    assert caught.value.retry_after == 3
    assert waits == [3, 3, 3]
    gateway.faults = [answer(429, Retry_After="3600")]
    with pytest.raises(Busy, match=r"^The answer was 429 Too Many Requests, without a reason\.$"):
        ragam.classify(file)
    assert waits == [3, 3, 3]


@pytest.mark.parametrize("status", [408, 500, 504])
def test_what_does_not_pass_by_itself_is_not_sent_again(ragam, gateway, file, waits, status):
    gateway.faults = [answer(status, Retry_After="1")]
    with pytest.raises(RagamError):
        ragam.classify(file)
    assert (gateway.pictures, waits) == (1, [])


def test_https_at_a_port_that_speaks_none_is_told_once_and_not_repeated(gateway, file, waits):
    with Client(gateway.url.replace("http:", "https:"), concurrency=1) as ragam:
        [(_, error)] = ragam.classify_many([file] * 9)
    assert (type(error), error.error, waits) == (InvalidInput, "input_invalid", [])
    assert "try the address with http://" in str(error)


def test_waits_double_up_to_a_bound_and_spread_by_chance(monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 0.999999)
    assert [wait_seconds(attempt) for attempt in range(20)] == pytest.approx([1.5 * min(30, 2**attempt) for attempt in range(20)], rel=1e-5)
    assert wait_seconds(5, 7) == pytest.approx(10.5, rel=1e-5)


def test_retry_after():
    for text, seconds in (
        ("", 0),
        (" 120 ", 120),
        ("٣", 0),
        ("9" * 5000, float("inf")),
        ("Tue, 24 Nov 2026 08:30:10 GMT", 10),
        ("Tue, 24 Nov 2026 08:30:10 -0000", 10),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 0),
    ):
        assert retry_after(text, NOW) == seconds, text[:40]


DATA = {
    "image_types_prediction": "Realism",
    "confidence": 0.5,
    "certain": True,
    "model": {"name": "m", "version": 1},
    "scores": [{"genre": "Realism", "confidence": 0.5}],
}
GOOD = {"status": {"code": 200, "message": "OK"}, "data": DATA}
TEXT = json.dumps(GOOD)


def without_end(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 50))
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * (1 << 16))


def a_byte_now_and_then(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.02)


NOT_UNDERSTOOD = [
    b"[" * 200_000,
    b'{"status":{"code":200},"data":' + b"[" * 100_000,
    TEXT.replace("0.5", "NaN").encode(),
    TEXT.replace('"version": 1', '"version": ' + "9" * 5000).encode(),
    TEXT.replace('"version": 1', '"version": true').encode(),
    TEXT.replace('"certain": true', '"typicality": 2').encode(),
    TEXT.replace("Realism", "x" * 1000).encode(),
    {**GOOD, "data": []},
    {**GOOD, "data": {}},
    {**GOOD, "data": {**DATA, "scores": DATA["scores"] * 999}},
]
CASES = [
    *((answer(200, body), "The answer was not understood.") for body in NOT_UNDERSTOOD),
    (without_end, "The answer was not understood."),
    (a_byte_now_and_then, "did not answer in time."),
    (answer(200, gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"), "The answer was not understood."),
    (answer(400, b'{"status":{"code":400,"detail":"bad \\ud800"},"data":null}'), r"bad \ud800"),
    (answer(400, b'{"status":{"code":400,"detail":"bad\\n  \\u001b[2J \\u009b0m"},"data":null}'), r"bad \x1b[2J \x9b0m"),
    (answer(500, {"status": [1]}), "The answer was 500 Internal Server Error, without a reason."),
    (answer(599, b"\xff"), "The answer was 599, without a reason."),
    (answer(307, Location="http://127.0.0.1:1/"), "The answer was 307 Temporary Redirect, without a reason."),
    (answer(503, Retry_After="9" * 5000), "503 Service Unavailable"),
    (answer(200, TEXT.encode(), **{f"X{number}": "y" * 1000 for number in range(1000)}), "The connection to"),
]


def test_a_broken_server_costs_its_picture_a_sentence_and_nothing_else(gateway, picture):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Client(gateway.url, timeout=0.5, retries=1) as hasty, Client(gateway.url, timeout=60, retries=1) as ragam:
        for fault, sentence in CASES:
            gateway.faults = [fault, fault]
            with pytest.raises(RagamError) as caught:
                (hasty if fault is a_byte_now_and_then else ragam).classify(picture())
            assert sentence in str(caught.value)
            assert str(caught.value).isprintable()
            assert caught.value.error.isprintable()
            gateway.faults = []
        assert ragam.classify(picture()).genre
    # Of the answers that have no end, or become large, at most a megabyte is held.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
