import logging
import time

import pytest

from gateway import errors
from gateway.refusals import COMPLETE, QUEUED, REFUSAL


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (errors.NotHttp("reason"), 400),
        (errors.CutShort(), 400),
        (errors.TooSlow(), 408),
        (errors.AddressTooLong(), 414),
        (errors.UnknownExpectation(), 417),
        (errors.TooManyHeaders(), 431),
        (errors.UnknownCoding(), 501),
        (errors.Overloaded(), 503),
        (RuntimeError("secret"), 500),
    ],
)
def test_the_door_s_refusal_is_an_answer_like_every_other(client, classifier, refusal, status):
    answer = client.post("/prediction", headers={"X-Request-ID": "mine"}, environ_overrides={REFUSAL: refusal})
    assert (answer.status_code, answer.json["status"]["code"], answer.json["data"]) == (status, status, None)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"] == "mine"
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)
    assert "secret" not in answer.text
    assert "reason" not in answer.text
    assert not classifier.seen


def test_the_log_has_the_reason_and_overload_one_line_a_request(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/", environ_overrides={REFUSAL: errors.NotHttp("two lengths")})
        client.get("/", environ_overrides={REFUSAL: errors.Overloaded()})
    first, second = caplog.records
    assert (first.fields["status"], first.fields["reason"]) == (400, "two lengths")
    assert second.fields["status"] == 503


def test_overload_is_counted(client):
    def count():
        return [line for line in client.get("/metrics").text.splitlines() if line.startswith("ragam_shed_requests_total")]

    before = count()
    client.get("/", environ_overrides={REFUSAL: errors.TooSlow()})
    assert count() == before
    client.get("/", environ_overrides={REFUSAL: errors.Overloaded()})
    assert float(count()[0].split()[1]) == float(before[0].split()[1]) + 1


def test_the_wait_for_a_thread_is_a_part_of_the_time(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/", environ_overrides={COMPLETE: time.perf_counter() - 2, QUEUED: True})
        client.get("/", environ_overrides={COMPLETE: time.perf_counter() - 2})
    waited, at_once = (record.fields for record in caplog.records)
    assert 2000 <= waited["queue_ms"] <= waited["total_ms"]
    assert "queue_ms" not in at_once
    assert at_once["total_ms"] >= 2000
