"""More requests than the gateway may have in flight: refused at once, probes answered, and well again when the load ends."""

import json
import re
import signal
import statistics
import threading
import time

import pytest
import requests
from raw import Raw, assert_envelope, multipart
from service import wait_until

MOST = 6


@pytest.fixture
def running(service, models, picture):
    """One worker of two threads, so that it is known where a request goes."""
    service.publish(models["first"], 1)
    service.model_server = service.start_model_server()
    service.gateway = service.start_gateway(RAGAM_WORKERS="1", RAGAM_THREADS="2", RAGAM_MAX_IN_FLIGHT=str(MOST), RAGAM_PREDICT_SECONDS="20")
    wait_until(service.ready, what="readiness")
    assert service.post(picture()).status_code == 200
    yield service
    service.model_server.signal(signal.SIGCONT)


def seconds_of(call):
    start = time.monotonic()
    return call(), time.monotonic() - start


def counted(service, name):
    text = requests.get(f"{service.address}/metrics", timeout=5).text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def test_one_more_is_refused_at_once_and_probes_are_answered(running, picture):
    data = multipart(picture())
    running.model_server.signal(signal.SIGSTOP)
    waiting = [Raw(running, 40) for _ in range(MOST)]
    try:
        for raw in waiting:
            raw.send(data)
        time.sleep(1)
        delays = []
        for _ in range(20):
            with Raw(running) as raw:
                for _ in range(2):
                    raw.send(data)
                    answer, seconds = seconds_of(raw.answer)
                    assert_envelope(answer, 503)
                    delays.append(seconds)
                    assert answer.headers["retry-after"] == "1"
                    assert answer.headers["connection"] == "keep-alive"
                    assert answer.detail == "There are more requests than this service can take at the moment. Try again in a second."
        # For a copy, as every refusal but a worker's first is one, the head is enough: its body is thrown away, and is nobody's request.
        head = data.partition(b"\r\n\r\n")[0]
        with Raw(running) as raw:
            for size in (10_000, 1_000_000):
                raw.send(re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % size, head) + b"\r\n\r\n" + bytes(100))
                assert_envelope(raw.answer(), 503)
                raw.send(bytes(size - 100))
            raw.send(data)
            assert_envelope(raw.answer(), 503)
            raw.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert raw.answer().status == 200
        # Whoever waited for a thread would wait for the model server, 20 s. A busy machine makes a few late.
        assert statistics.median(delays) < 1
        assert max(delays) < 10
        named = requests.post(
            f"{running.address}/prediction", files={"image": ("a.jpg", picture())}, headers={"X-Request-ID": "of-alice"}, timeout=5
        )
        assert (named.status_code, named.headers["X-Request-ID"]) == (503, "of-alice")
        for path, status in (("/healthz", 200), ("/metrics", 200), ("/readyz", 503)):
            answer, seconds = seconds_of(lambda path=path: requests.get(running.address + path, timeout=10))
            assert answer.status_code == status
            assert seconds < 5
        assert counted(running, "ragam_shed_requests_total") == 44
        assert counted(running, 'ragam_requests_total{method="POST",route="/prediction",status="503"}') == 44

        running.model_server.signal(signal.SIGCONT)
        assert [raw.answer().status for raw in waiting] == [200] * MOST
        # At once, and not when some average has come down again.
        assert running.post(picture()).status_code == 200
    finally:
        for raw in waiting:
            raw.socket.close()
    lines = [json.loads(line) for line in running.gateway.text().splitlines()]
    [refused] = [line for line in lines if line.get("request_id") == "of-alice"]
    assert (refused["status"], refused["path"]) == (503, "/prediction")
    refusals = [line["request_id"] for line in lines if line.get("status") == 503 and line["path"] == "/prediction"]
    assert len(refusals) == len(set(refusals)) == 44
    waits = [line["queue_ms"] for line in lines if line.get("status") == 200 and line.get("path") == "/prediction"]
    # Two had a thread at once, the others waited for the model server's return.
    assert len([wait for wait in waits if wait > 1000]) == MOST - 2
    assert counted(running, 'ragam_stage_seconds_count{stage="queue"}') >= MOST


def test_many_more_callers_than_threads_are_all_answered_and_soon(running, picture):
    """As many as 128, who come back at once when refused, are no queue: what is accepted waits for a few others at most."""
    data = multipart(picture())
    answers = []
    stop = threading.Event()

    def call():
        with Raw(running, 30) as raw:
            while not stop.is_set():
                start = time.monotonic()
                raw.send(data)
                answer = raw.answer()
                answers.append((answer.status, time.monotonic() - start))
                if answer.status == 503:
                    stop.wait(float(answer.headers["retry-after"]))

    threads = [threading.Thread(target=call) for _ in range(128)]
    for thread in threads:
        thread.start()
    time.sleep(5)
    start = time.monotonic()
    assert requests.get(f"{running.address}/healthz", timeout=10).status_code == 200
    assert time.monotonic() - start < 2
    stop.set()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {200, 503}
    assert len([status for status, _ in answers if status == 200]) > 20
    assert max(seconds for _, seconds in answers) < 10
    again = [seconds_of(lambda: running.post(picture())) for _ in range(3)]
    assert {answer.status_code for answer, _ in again} == {200}
    assert min(seconds for _, seconds in again) < 1
