"""The gateway as real clients find it: limits that all workers share, headers that nobody forges.

No model server runs: a picture that gets in is answered with 503, and that is how far these tests look.
"""

import contextlib
import json
import socket

import psutil
import pytest
import requests
from raw import ANSWER_SECONDS
from redis_server import RedisServer
from service import wait_until


@pytest.fixture
def gateway(service):
    def start(**environ):
        process = service.start_gateway(RAGAM_WORKERS="2", RAGAM_PREDICT_SECONDS="0.5", **environ)
        wait_until(lambda: answers(service), what="the gateway")
        return process

    service.gateway = start
    return service


def answers(service):
    try:
        return requests.get(f"{service.address}/healthz", timeout=ANSWER_SECONDS).ok
    except requests.ConnectionError:
        return False


def statuses(service, count, **headers):
    """Each request on a connection of its own, which either worker may get."""
    return [
        requests.post(f"{service.address}/prediction", headers={"Connection": "close", **headers}, timeout=ANSWER_SECONDS).status_code
        for _ in range(count)
    ]


def clients_of(process, port):
    """How many each worker has."""
    workers = psutil.Process(process.popen.pid).children()
    found = [[one for one in worker.net_connections("tcp") if one.laddr.port == port] for worker in workers]
    return [sum(one.status == psutil.CONN_ESTABLISHED for one in connections) for connections in found]


def test_of_clients_that_come_at_once_each_worker_has_some_and_nobody_waits_for_one_that_hangs(gateway):
    process = gateway.gateway()
    count = 60

    def shares():
        with contextlib.ExitStack() as clients:
            for _ in range(count):
                clients.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            wait_until(lambda: sum(clients_of(process, gateway.port)) == count, what="the last client")
            found = clients_of(process, gateway.port)
        wait_until(lambda: sum(clients_of(process, gateway.port)) == 0, what="the end")
        return found

    # On a busy machine the kernel may run one of them alone for a while.
    for _ in range(3):
        wait_until(lambda: [share > 0 for share in shares()] == [True, True], what="clients of both workers")
    frozen = psutil.Process(process.popen.pid).children()[0]
    frozen.suspend()
    try:
        assert statuses(gateway, 20) == [400] * 20
    finally:
        frozen.resume()


def test_with_redis_all_workers_count_together_and_without_it_nobody_waits(gateway):
    with RedisServer() as redis:
        process = gateway.gateway(RAGAM_RATE_LIMIT="7/hour", RAGAM_RATE_LIMIT_STORAGE=redis.address)
        told = statuses(gateway, 20)
        assert (told.count(400), told.count(429)) == (7, 13)
        redis.stop()
        assert set(statuses(gateway, 20)) == {400}
    # A pause is over every second, and then the first finds the storage away again: the log says it once a worker.
    lines = [line for line in process.text().splitlines() if "nothing is rate limited" in line]
    assert 1 <= len(lines) <= 2


def test_in_memory_each_worker_counts_by_itself_and_nobody_forges_an_address_a_scheme_or_a_path(gateway):
    process = gateway.gateway(RAGAM_RATE_LIMIT="5/hour")
    forged = [{"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"} for number in range(30)]
    told = [statuses(gateway, 1, **headers)[0] for headers in forged]
    # Of 30 each worker takes 5.
    assert 5 <= told.count(400) <= 10
    assert told.count(400) + told.count(429) == 30
    assert "RAGAM_RATE_LIMIT_STORAGE" in process.text(), "the log says what they could count together in"
    # WSGI servers take these of whoever comes from this machine, as a proxy's own.
    for headers in ({"SCRIPT_NAME": "/x"}, {"PATH_INFO": "/healthz"}):
        assert requests.get(f"{gateway.address}/x/healthz", headers=headers, timeout=ANSWER_SECONDS).status_code in {400, 404}
    lines = [json.loads(line) for line in process.text().splitlines()]
    assert {line["client"] for line in lines if line["message"] == "request"} == {"127.0.0.1"}


def test_behind_a_proxy_each_client_is_one(gateway):
    process = gateway.gateway(RAGAM_RATE_LIMIT="1/hour", RAGAM_TRUSTED_PROXIES="1", RAGAM_LOG_LEVEL="info")
    forwarded = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
    assert statuses(gateway, 10, **forwarded).count(400) <= 2
    assert statuses(gateway, 1, **{"X-Forwarded-For": "192.0.2.8"}) == [400]
    assert '"client": "192.0.2.7"' in process.text()
    assert "203.0.113.9" not in process.text()
