"""More requests than can be answered in time: one more is refused at once, nothing is computed too late, and all is well when it ends."""

import json
import re
import signal
import threading
import time

import pytest
import requests
from raw import ANSWER_SECONDS, Raw, assert_envelope, connections, multipart
from service import wait_until

from gateway.capacity import THREADS

TOO_MANY = "There are more requests than this service can take at the moment. Try again in a second."


@pytest.fixture
def running(own_gateway, picture):
    """Starts one worker, so that it is known where a request goes."""

    def start(max_wait_seconds):
        limits = {"RAGAM_MAX_WAIT_SECONDS": str(max_wait_seconds), "RAGAM_PREDICT_SECONDS": "120"}
        own_gateway.gateway = own_gateway.start_gateway(RAGAM_WORKERS="1", **limits)
        wait_until(own_gateway.ready, what="readiness")
        assert own_gateway.post(picture()).status_code == 200
        return own_gateway

    return start


def counted(service, name):
    text = requests.get(f"{service.address}/metrics", timeout=ANSWER_SECONDS).text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def lines(service, **fields):
    """Of the log, those of requests with these fields."""
    found = [json.loads(line) for line in service.gateway.text().splitlines()]
    return [line for line in found if line["message"] == "request" and fields.items() <= line.items()]


def is_answered_as_ever(service, picture):
    return requests.post(f"{service.address}/prediction", files={"image": ("a.jpg", picture)}, timeout=ANSWER_SECONDS).status_code == 200


def test_whoever_waited_for_too_long_is_refused_and_not_computed(running, picture):
    running, data = running(1), multipart(picture())
    running.model_server.signal(signal.SIGSTOP)
    with connections(running, THREADS + 6, 120) as waiting:
        for raw in waiting:
            raw.send(data)
        # As many as there are threads have one and wait for the model server, the others wait for a thread, and no longer than they may.
        wait_until(lambda: len(lines(running, status=503, path="/prediction")) >= 6, what="six refusals")
        for path, status in (("/healthz", 200), ("/metrics", 200), ("/readyz", 503)):
            assert requests.get(running.address + path, timeout=ANSWER_SECONDS).status_code == status
        running.model_server.signal(signal.SIGCONT)
        answers = [raw.answer() for raw in waiting]
    refused = [answer for answer in answers if answer.status == 503 and answer.detail == TOO_MANY]
    assert len(refused) == 6
    for answer in refused:
        assert_envelope(answer, 503)
        assert answer.headers["retry-after"] == "1"
        assert answer.headers.get("connection") != "close"
    # Nothing of them is computed afterwards: only what had a thread, and the one before, has a line with its decoding.
    assert len([line for line in lines(running, path="/prediction") if "decode_ms" in line]) == THREADS + 1
    wait_until(lambda: is_answered_as_ever(running, picture()), what="a picture's answer")


def test_where_more_wait_than_can_be_answered_in_time_one_more_is_refused_from_its_head(running, picture):
    running, data = running(0.1), multipart(picture())
    head = data.partition(b"\r\n\r\n")[0]
    stop = threading.Event()

    def load():
        while not stop.is_set():
            with Raw(running, 120) as raw:
                raw.send(data)
                raw.answer()

    threads = [threading.Thread(target=load) for _ in range(128)]
    for thread in threads:
        thread.start()
    try:
        refused = []

        def is_refused():
            with Raw(running, ANSWER_SECONDS) as raw:
                # Not a byte of the body, which would be a large one.
                raw.send(re.sub(rb"Content-Length: \d+", b"Content-Length: 15000000", head) + b"\r\n\r\n")
                raw.socket.settimeout(0.5)
                try:
                    answer = raw.answer()
                except TimeoutError:
                    return False
                refused.append(answer)
                # It ends there, for its body is nobody's request.
                return answer.status == 503 and answer.headers["connection"] == "close" and raw.answer() is None

        wait_until(is_refused, what="a refusal from the head")
        assert_envelope(refused[-1], 503)
        assert (refused[-1].headers["retry-after"], refused[-1].detail) == ("1", TOO_MANY)
        named = {"X-Request-ID": "of-alice", "Connection": "close"}
        files = {"image": ("a.jpg", picture())}
        wait_until(
            lambda: requests.post(f"{running.address}/prediction", files=files, headers=named, timeout=120).status_code == 503,
            what="a refusal of a small request",
        )
        for path in ("/healthz", "/metrics", "/readyz"):
            assert requests.get(running.address + path, timeout=ANSWER_SECONDS).status_code == 200
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    refusals = lines(running, status=503)
    assert "of-alice" in {line["request_id"] for line in refusals}
    assert counted(running, "ragam_shed_requests_total") == len(refusals)
    assert counted(running, 'ragam_requests_total{method="POST",route="/prediction",status="503"}') == len(refusals)
    wait_until(lambda: is_answered_as_ever(running, picture()), what="a picture's answer")


def test_many_more_callers_than_threads_are_answered_or_told_to_come_again(running, picture):
    """128 who come again as they are told."""
    running, data = running(2.5), multipart(picture())
    statuses = []

    def call():
        with Raw(running, 120) as raw:
            while statuses.count(200) < 100:
                raw.send(data)
                answer = raw.answer()
                statuses.append(answer.status)
                if answer.status == 503:
                    time.sleep(float(answer.headers["retry-after"]))

    threads = [threading.Thread(target=call) for _ in range(128)]
    for thread in threads:
        thread.start()
    assert requests.get(f"{running.address}/healthz", timeout=ANSWER_SECONDS).status_code == 200
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503}
    assert is_answered_as_ever(running, picture())
