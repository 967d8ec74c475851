"""The gateway under gunicorn: what only a real server shows."""

import json
import re

import requests
from service import wait_until


def lines(process):
    return [json.loads(line) for line in process.text().splitlines()]


def test_a_file_of_30_mb_gets_its_answer_and_the_connection_serves_on(shared_service, picture):
    for data in (bytes(30_000_000), picture() + bytes(30_000_000)):
        answer = shared_service.post(data)
        assert answer.status_code == 413
        assert answer.json()["status"]["detail"] == "The file is too large. Send at most 20,971,520 bytes."
    files = {"image": ("a.jpg", bytes(30_000_000))}
    with requests.Session() as session:
        for _ in range(2):
            assert session.post(f"{shared_service.address}/prediction", files=files, timeout=30).status_code == 413
            assert session.get(shared_service.address, timeout=30).status_code == 200


def test_each_request_has_one_line_and_the_boot_has_every_setting(shared_service, picture):
    answer = shared_service.post(picture())
    sent = answer.headers["X-Request-ID"]
    wait_until(lambda: sent in shared_service.gateway.text(), what="the line in the log")
    [line] = [line for line in lines(shared_service.gateway) if line.get("request_id") == sent]
    assert line["status"] == 200
    assert {"bytes", "decode_ms", "predict_ms", "total_ms", "genre", "version"} <= set(line)
    [boot] = [line for line in lines(shared_service.gateway) if line["message"] == "settings"]
    assert boot["port"] == shared_service.port
    assert boot["max_upload_bytes"] == 20971520


def test_metrics_count_over_all_workers(shared_service, picture):
    def answered():
        text = requests.get(f"{shared_service.address}/metrics", timeout=30).text
        # Probes and scrapes are not counted.
        assert re.search(r"^ragam_requests_in_flight 0\.0$", text, re.MULTILINE)
        return sum(
            map(float, re.findall(r'^ragam_requests_total\{method="POST",route="/prediction",status="200"\} (\S+)$', text, re.MULTILINE))
        )

    before = answered()
    for _ in range(20):
        # A connection each, so that both workers get some.
        shared_service.post(picture())
    assert answered() == before + 20
