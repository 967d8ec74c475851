"""A disk without a byte left, under the metrics and under the log."""

import os
import signal
import subprocess

import pytest
import requests
from callers import ask
from faulty import GATEWAY, start_fake, workers
from service import wait_until


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    with (folder / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def ask_for_what_is_new(service, data):
    """What has not been counted yet takes new bytes, from each worker. The slowest answer's seconds; no worker dies of it."""
    before = workers(service.gateway)
    answers = []
    for _ in range(20):
        for path in ("nothing", "genres", "healthz", "docs"):
            requests.get(f"{service.address}/{path}", headers={"Connection": "close"}, timeout=30)
        answers.append(ask(service.address, data))
    assert {answer.status for answer in answers} == {200}
    assert workers(service.gateway) == before, "a worker has died"
    assert requests.get(f"{service.address}/metrics", timeout=30).status_code == 200
    return max(answer.seconds for answer in answers)


def test_full_under_temporary_files(service, disk, picture, table, metric):
    start_fake(service)
    service.gateway = service.start_gateway(TMPDIR=str(disk), **GATEWAY)
    wait_until(service.ready, what="readiness")
    # One that answers is ready before the other is there.
    wait_until(lambda: len(workers(service.gateway)) == 2, what="both workers")
    fill(disk)
    data = picture()
    before = workers(service.gateway)
    slowest = ask_for_what_is_new(service, data)
    # Nor does a new worker need what the disk has not.
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: len(workers(service.gateway) - before) == 2 and service.ready(), what="other workers")
    slowest = max(slowest, ask_for_what_is_new(service, data))
    assert metric(service, "ragam_requests_total", route="/prediction", status="200") == 40
    table("the disk of temporary files is full", "200", slowest, "nothing", 0)


def test_full_under_the_log(service, models, picture, table):
    service.publish(models["first"], 1)
    full = ("sh", "-c", 'exec "$0" "$@" > /dev/full 2>&1')
    service.start_model_server(before=full)
    gateway = service.start_gateway(before=full, **GATEWAY)
    wait_until(service.ready, what="readiness")
    seen = [ask(service.address, picture()) for _ in range(20)]
    assert {answer.status for answer in seen} == {200}
    gateway.stop()
    assert gateway.popen.returncode == 0
    table("the disk under the logs is full", "200", max(answer.seconds for answer in seen), "metrics go on, the log has a gap", 0)
