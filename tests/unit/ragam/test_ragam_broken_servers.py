"""Servers that are broken or hostile: each costs its picture a sentence, and nothing else; in bounded memory and time."""

import gzip
import json
import resource
import time

import pytest
from stub_gateway import answer

from ragam import Client, RagamError

GOOD = {
    "status": {"code": 200, "message": "OK"},
    "data": {
        "image_types_prediction": "Realism",
        "confidence": 0.5,
        "certain": True,
        "model": {"name": "m", "version": 1},
        "scores": [{"genre": "Realism", "confidence": 0.5}],
    },
}
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


CASES = [
    (without_end, "The answer was not understood."),
    (a_byte_now_and_then, "did not answer in time."),
    (answer(200, gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"), "The answer was not understood."),
    (answer(200, b"[" * 200_000), "The answer was not understood."),
    (answer(200, b'{"status":{"code":200},"data":' + b"[" * 100_000), "The answer was not understood."),
    (answer(200, TEXT.replace("0.5", "NaN").encode()), "The answer was not understood."),
    (answer(200, TEXT.replace("0.5", "1e999").encode()), "The answer was not understood."),
    (answer(200, TEXT.replace('"version": 1', '"version": ' + "9" * 5000).encode()), "The answer was not understood."),
    (answer(200, TEXT.replace('"version": 1', '"version": true').encode()), "The answer was not understood."),
    (answer(200, TEXT.replace('"certain": true', '"certain": 1').encode()), "The answer was not understood."),
    (answer(200, TEXT.replace('"certain": true', '"typicality": 2').encode()), "The answer was not understood."),
    (answer(200, {**GOOD, "data": []}), "The answer was not understood."),
    (answer(200, TEXT.replace("Realism", "x" * 1000).encode()), "The answer was not understood."),
    (answer(200, {**GOOD, "data": {}}), "The answer was not understood."),
    (
        answer(200, {**GOOD, "data": {**GOOD["data"], "scores": [{"genre": str(n), "confidence": 0} for n in range(999)]}}),
        "not understood",
    ),
    (answer(400, b'{"status":{"code":400,"detail":"bad \\ud800"},"data":null}'), r"bad \ud800"),
    (answer(400, b'{"status":{"code":400,"detail":"bad\\n  \\u001b[2J \\u009b0m"},"data":null}'), r"bad \x1b[2J \x9b0m"),
    (answer(500, {"status": [1]}), "The answer was 500 Internal Server Error, without a reason."),
    (answer(599, b"\xff"), "The answer was 599, without a reason."),
    (answer(307, Location="http://127.0.0.1:1/"), "The answer was 307 Temporary Redirect, without a reason."),
    (answer(503, Retry_After="Mon, 01 Jan 2024 00:00:00 +99999999999999999999"), "503 Service Unavailable"),
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
