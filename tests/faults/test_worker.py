"""A gateway worker that is killed under callers."""

import os
import signal
import time
from urllib.parse import urlsplit

import psutil
from callers import Callers
from faulty import workers
from service import wait_until

CALLERS = 8


def connections(worker: int, port: int) -> int:
    connections = psutil.Process(worker).net_connections("tcp")
    return sum(connection.laddr.port == port and connection.status == psutil.CONN_ESTABLISHED for connection in connections)


def test_a_worker_is_killed(service, fake, picture, table, metric):
    fake.seconds = 0.3
    wait_until(lambda: len(workers(service.gateway)) == 2, what="both workers")
    before = workers(service.gateway)
    port = urlsplit(service.address).port
    with Callers(service.address, picture()).running(CALLERS) as callers:
        callers.await_status(200, 0)
        # They go in step: between two of their requests nobody has any in its hands.
        wait_until(lambda: sum(connections(worker, port) for worker in before) == CALLERS, what="a request of each caller in a worker")
        victim = max(before, key=lambda worker: connections(worker, port))
        killed = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(workers(service.gateway) - before) == 1, what="another worker")
        replaced = time.monotonic() - killed
        time.sleep(2)
    assert callers.statuses() <= {200, 0}
    lost = [seen for seen in callers.seen if seen.status == 0]
    # Only what the killed worker had in its hands: not more than its callers.
    assert 1 <= len(lost) <= CALLERS
    assert f"Worker (pid:{victim}) was sent SIGKILL" in service.gateway.text()
    # Nothing of the killed one is counted as in flight for ever.
    assert metric(service, "ragam_requests_in_flight") == 0
    last = max([seen.answered for seen in lost], default=killed)
    table(
        "gateway: a worker is killed",
        f"{len(lost)} of {len(callers.seen)} connections lost, those in its hands",
        callers.slowest(),
        f"`Worker was sent SIGKILL`, replaced after {replaced:.1f} s",
        last - killed,
    )
