"""What the client sends again, when, and what not: the rule in docs/interface.md."""

import random
from datetime import UTC, datetime

import pytest
from stub_gateway import answer, hang_up

from gateway.errors import ServingBusy
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


def test_a_busy_model_comes_back_or_not(ragam, gateway, classifier, file, waits):
    classifier.error = ServingBusy()

    def recover(handler):
        classifier.error = None
        hang_up(handler)

    gateway.faults = [None, recover]
    assert ragam.classify(file)
    assert waits == [1, 2]
    gateway.faults = [BUSY] * 4
    with pytest.raises(Busy, match=r"^Try again\.$") as caught:
        ragam.classify(file)
    assert caught.value.retry_after == 3
    gateway.faults = [answer(429, Retry_After="3600")]
    with pytest.raises(Busy, match=r"^The answer was 429 Too Many Requests, without a reason\.$"):
        ragam.classify(file)
    assert waits == [1, 2, 3, 3, 3]


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_what_does_not_pass_by_itself_is_not_sent_again(ragam, gateway, file, waits, status):
    gateway.faults = [answer(status, Retry_After="1")]
    with pytest.raises(RagamError):
        ragam.classify(file)
    assert (gateway.pictures, waits) == (1, [])


def test_https_at_a_port_that_speaks_none_is_told_and_not_repeated(gateway, file, waits):
    with (
        Client(gateway.url.replace("http:", "https:")) as ragam,
        pytest.raises(InvalidInput, match=r"try the address with http://") as caught,
    ):
        ragam.classify(file)
    assert caught.value.error == "input_invalid"
    assert not waits
    with Client(gateway.url.replace("http:", "https:"), concurrency=1) as ragam:
        assert len(list(ragam.classify_many([file] * 9))) == 1


def test_waits_double_up_to_a_bound_and_spread_by_chance(monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 0.999999)
    assert [wait_seconds(attempt) for attempt in range(20)] == pytest.approx([1.5 * min(30, 2**attempt) for attempt in range(20)], rel=1e-5)
    assert wait_seconds(5, 7) == pytest.approx(10.5, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        (" 120 ", 120),
        ("-3", 0),
        ("soon", 0),
        ("٣", 0),
        ("9" * 5000, float("inf")),
        ("Tue, 24 Nov 2026 08:30:10 GMT", 10),
        ("Tue, 24 Nov 2026 08:29:00 GMT", 0),
        ("Tue, 24 Nov 2026 08:30:10 -0000", 10),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 0),
    ],
)
def test_retry_after(text, seconds):
    assert retry_after(text, NOW) == seconds
