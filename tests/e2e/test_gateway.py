"""The gateway under gunicorn: what only a real server shows."""

import json
import os
import re
import signal
import threading

import requests
from raw import ANSWER_SECONDS, Raw, multipart
from service import wait_until


def test_a_file_of_30_mb_gets_its_answer_and_the_connection_serves_on(shared_service):
    files = {"image": ("a.jpg", bytes(30_000_000))}
    with requests.Session() as session:
        for _ in range(2):
            assert session.post(f"{shared_service.address}/prediction", files=files, timeout=30).status_code == 413
            assert session.get(shared_service.address, timeout=30).status_code == 200


def test_each_request_has_one_line_and_the_boot_has_every_setting(shared_service, picture):
    answer = shared_service.post(picture())
    sent = answer.headers["X-Request-ID"]
    wait_until(lambda: sent in shared_service.gateway.text(), what="the line in the log")
    lines = [json.loads(line) for line in shared_service.gateway.text().splitlines()]
    [line] = [line for line in lines if line.get("request_id") == sent]
    assert line["status"] == 200
    assert {"bytes", "decode_ms", "predict_ms", "total_ms", "genre", "version"} <= set(line)
    [boot] = [line for line in lines if line["message"] == "settings"]
    assert boot["port"] == shared_service.port
    assert boot["max_upload_bytes"] == 20971520


def start(service, **environ):
    service.gateway = service.start_gateway(**environ)
    wait_until(lambda: service.ready() and len(service.gateway.children()) == int(environ.get("RAGAM_WORKERS", 2)), what="all workers")


def statuses(service, headers):
    """Of requests without a picture, each on a connection of its own, which either worker may get."""
    return [
        requests.post(f"{service.address}/prediction", headers={"Connection": "close", **more}, timeout=ANSWER_SECONDS).status_code
        for more in headers
    ]


def test_nobody_waits_for_a_worker_that_hangs(own_gateway):
    start(own_gateway)
    [worker, _] = own_gateway.gateway.children()
    os.kill(worker, signal.SIGSTOP)
    try:
        assert statuses(own_gateway, [{}] * 20) == [400] * 20
    finally:
        os.kill(worker, signal.SIGCONT)


def test_nobody_forges_an_address_or_a_path(own_gateway):
    """Servers take such headers of whoever comes from this machine, as a proxy's own."""
    start(own_gateway, RAGAM_RATE_LIMIT="5/hour")
    told = statuses(own_gateway, ({"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"} for number in range(20)))
    # Each worker counts by itself, and takes 5.
    assert 5 <= told.count(400) <= 10
    assert told.count(400) + told.count(429) == 20
    for headers in ({"SCRIPT_NAME": "/x"}, {"PATH_INFO": "/healthz"}):
        assert requests.get(f"{own_gateway.address}/x/healthz", headers=headers, timeout=ANSWER_SECONDS).status_code in {400, 404}
    lines = [json.loads(line) for line in own_gateway.gateway.text().splitlines()]
    assert {line["client"] for line in lines if line["message"] == "request"} == {"127.0.0.1"}


def test_where_more_wait_than_can_be_answered_in_time_one_more_is_refused_from_its_head(own_gateway, picture):
    running, data = own_gateway, multipart(picture())
    # One worker, so that it is known where a request goes.
    start(running, RAGAM_WORKERS="1", RAGAM_MAX_WAIT_SECONDS="0.1", RAGAM_PREDICT_SECONDS="120")
    assert running.post(picture()).status_code == 200
    head = data.partition(b"\r\n\r\n")[0]
    stop = threading.Event()

    def load():
        while not stop.is_set():
            with Raw(running, 120) as raw:
                raw.send(data)
                raw.answer()

    def is_refused():
        with Raw(running, ANSWER_SECONDS) as raw:
            # Not a byte of the body, which would be a large one.
            raw.send(re.sub(rb"Content-Length: \d+", b"Content-Length: 15000000", head) + b"\r\n\r\n")
            raw.socket.settimeout(0.5)
            try:
                answer = raw.answer()
            except TimeoutError:
                return False
            # It ends there, for its body is nobody's request.
            return answer.status == 503 and answer.headers["connection"] == "close" and raw.answer() is None

    threads = [threading.Thread(target=load) for _ in range(128)]
    for thread in threads:
        thread.start()
    try:
        wait_until(is_refused, what="a refusal from the head")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    exposition = requests.get(f"{running.address}/metrics", timeout=ANSWER_SECONDS).text
    refused = running.gateway.text().count('"status": 503')
    assert f"ragam_shed_requests_total {refused}.0\n" in exposition
    assert f'ragam_requests_total{{method="POST",route="/prediction",status="503"}} {refused}.0\n' in exposition
    wait_until(lambda: running.post(picture()).status_code == 200, what="a picture's answer")
