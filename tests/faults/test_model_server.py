"""The model server killed, stopped and frozen under callers."""

import signal
import time

import pytest
from callers import Callers
from faulty import logged
from service import accepts, wait_until

AWAY_SECONDS = 3


@pytest.mark.parametrize(("fault", "number"), [("frozen", signal.SIGSTOP), ("killed", signal.SIGKILL)])
def test_away_and_back(running, picture, table, metric, fault, number):
    before = metric(running, "ragam_requests_total", route="/prediction", status="503")
    with Callers(running.address, picture()).running() as callers:
        callers.await_status(200, 0)
        gone = time.monotonic()
        running.model_server.signal(number)
        callers.await_status(503, gone)
        time.sleep(AWAY_SECONDS)
        if number == signal.SIGSTOP:
            running.model_server.signal(signal.SIGCONT)
        else:
            running.model_server.wait()
            running.model_server = running.start_model_server()
            wait_until(lambda: accepts(running.serving_port), what="its port")
        back = callers.recovered(time.monotonic())
    assert callers.statuses() <= {200, 503, 504}
    assert all(seen.retry_after == "1" for seen in callers.seen if seen.status == 503)
    assert any(line["message"].startswith("ServingUnavailable: ") for line in logged(running.gateway))
    counted = metric(running, "ragam_requests_total", route="/prediction", status="503") - before
    assert counted == sum(seen.status == 503 for seen in callers.seen)
    seen = ", ".join(str(status) for status in sorted(callers.statuses() - {200}))
    table(f"model server: {fault}", seen, callers.slowest(), "`ServingUnavailable`", back)


def test_frozen_for_less_than_the_deadline_costs_time_and_no_answer(running, picture, table):
    with Callers(running.address, picture()).running() as callers:
        callers.await_status(200, 0)
        running.model_server.signal(signal.SIGSTOP)
        time.sleep(1)
        running.model_server.signal(signal.SIGCONT)
        back = callers.recovered(time.monotonic())
    assert callers.statuses() == {200}
    table("model server: frozen for 1 s", "200, late", callers.slowest(), "nothing", back)
