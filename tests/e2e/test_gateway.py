"""The gateway under gunicorn: what only a real server shows."""

import http.client
import json
import re

import pytest
import requests
from service import wait_until


@pytest.fixture
def running(service, models):
    service.publish(models["first"], 1)
    service.start_model_server()
    service.gateway = service.start_gateway()
    wait_until(service.ready, what="readiness")
    return service


def lines(process):
    return [json.loads(line) for line in process.text().splitlines()]


def test_a_file_of_30_mb_gets_its_answer_and_the_connection_serves_on(running, picture):
    for data in (bytes(30_000_000), picture() + bytes(30_000_000)):
        answer = running.post(data)
        assert answer.status_code == 413
        assert answer.json()["status"]["detail"] == "The file is too large. Send at most 20,971,520 bytes."
    with requests.Session() as session:
        for _ in range(2):
            assert (
                session.post(f"{running.address}/prediction", files={"image": ("a.jpg", bytes(30_000_000))}, timeout=30).status_code == 413
            )
            assert session.get(running.address, timeout=30).status_code == 200


def test_a_chunked_body_is_limited_too(running):
    def parts():
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        for _ in range(30):
            yield bytes(1_000_000)
        yield b"\r\n--x--\r\n"

    answer = requests.post(
        f"{running.address}/prediction", data=parts(), headers={"Content-Type": "multipart/form-data; boundary=x"}, timeout=30
    )
    assert answer.status_code == 413


def test_each_request_has_one_line_and_the_boot_has_every_setting(running, picture):
    answer = running.post(picture())
    sent = answer.headers["X-Request-ID"]
    wait_until(lambda: sent in running.gateway.text(), what="the line in the log")
    [line] = [line for line in lines(running.gateway) if line.get("request_id") == sent]
    assert line["status"] == 200
    assert {"bytes", "decode_ms", "predict_ms", "total_ms", "genre", "version"} <= set(line)
    [boot] = [line for line in lines(running.gateway) if line["message"] == "settings"]
    assert boot["port"] == running.port
    assert boot["max_upload_bytes"] == 20971520


def test_metrics_count_over_all_workers(running, picture):
    for _ in range(20):
        # A connection each, so that both workers get some.
        running.post(picture())
    text = requests.get(f"{running.address}/metrics", timeout=30).text
    [count] = re.findall(r'^ragam_requests_total\{method="POST",route="/prediction",status="200"\} (\S+)$', text, re.MULTILINE)
    assert float(count) == 20
    # Probes and scrapes are not counted.
    assert re.search(r"^ragam_requests_in_flight 0\.0$", text, re.MULTILINE)


def test_an_aborted_upload_harms_nobody(running, picture):
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.putrequest("POST", "/prediction")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"--x\r\n")
    connection.close()
    assert running.post(picture()).status_code == 200
    assert not [line for line in lines(running.gateway) if line["level"] == "error"]
