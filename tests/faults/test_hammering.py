"""A failing model server hears little more than it is asked for."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from callers import ask

REQUESTS = 200
WORKERS = 2
BUDGET = 10


@pytest.mark.parametrize("details", ["no", "The batch scheduling queue to which this task was submitted is full"])
def test_a_server_that_always_says_unavailable(service, fake, picture, table, metric, details):
    fake.failures, fake.details = [grpc.StatusCode.UNAVAILABLE] * 2 * REQUESTS, details
    data = picture(32, 32)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: ask(service.address, data), range(REQUESTS)))
    assert {answer.status for answer in seen} == {503}
    assert fake.calls <= REQUESTS + WORKERS * BUDGET
    assert fake.calls <= 1.1 * REQUESTS
    assert metric(service, "ragam_serving_retries_total", outcome="made") == fake.calls - REQUESTS
    assert metric(service, "ragam_serving_retries_total", outcome="refused") == 2 * REQUESTS - fake.calls
    told = f"`ragam_serving_retries`: {fake.calls - REQUESTS} made for {REQUESTS} requests"
    fake.is_well()
    after = ask(service.address, data)
    assert after.status == 200
    what = "always UNAVAILABLE" if details == "no" else "queue always full"
    table.add(f"model server: {what}", "503", max(answer.seconds for answer in seen), told, after.seconds)
