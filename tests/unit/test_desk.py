from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from prometheus_client import REGISTRY

from gateway.door.desk import Desk, desks, is_liveness


def in_flight():
    return REGISTRY.get_sample_value("ragam_requests_in_flight")


def test_what_waits_for_a_thread_is_in_flight_too():
    gate, ended = Event(), []
    with ThreadPoolExecutor(1) as pool:
        desk, probes = desks(pool, 3)
        assert REGISTRY.get_sample_value("ragam_in_flight_limit") == 3
        before = in_flight()
        for _ in range(3):
            assert not desk.is_full
            desk.take(lambda _: gate.wait(10), None, ended.append)
        probes.take(lambda _: True, None, ended.append)
        assert desk.is_full
        assert not probes.is_full
        assert in_flight() == before + 3
        gate.set()
    for _ in range(3):
        desk.leave()
    assert in_flight() == before
    assert not desk.is_full


def test_a_desk_that_is_not_counted_says_nothing():
    with ThreadPoolExecutor(1) as pool:
        before = in_flight()
        Desk(pool, 1, counted=False).take(lambda _: True, None, lambda _: None)
        assert in_flight() == before


@pytest.mark.parametrize(
    ("method", "path", "loop"), [("GET", "/healthz", True), ("HEAD", "/healthz", True), ("POST", "/healthz", False), ("GET", "/", False)]
)
def test_the_loop_itself_answers_no_more_than_a_look_at_its_health(method, path, loop):
    assert is_liveness(method, path) is loop
