"""The gateway's stops, as its operator and its supervisor order them: what is under way is answered."""

import os
import signal
import time

import pytest
from callers import REFUSED, Callers
from raw import Raw, multipart
from service import wait_until

READY = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
STOPS = 2


@pytest.fixture
def running(own_gateway):
    start(own_gateway)
    return own_gateway


def start(service, **environ):
    service.gateway = service.start_gateway(**environ)
    wait_until(lambda: service.ready() and len(service.gateway.children()) == 2, what="readiness of both workers")


def test_stops_under_load_lose_no_request_and_no_second_master_is_started(running, picture):
    """`python -m benchmarks.stops` counts over a hundred of them. SIGUSR2 would start one: its stop would close the listener for both."""
    data = picture()
    for stop in range(STOPS):
        if stop:
            start(running)
        workers = running.gateway.children()
        kept, fresh = (Callers(running.address, data, keep_alive=keep_alive) for keep_alive in (True, False))
        with kept.running(8), fresh.running(8):
            for callers in (kept, fresh):
                callers.await_more(20)
            running.gateway.signal(signal.SIGUSR2)
            for callers in (kept, fresh):
                callers.await_more(40)
            assert running.gateway.children() == workers
            running.gateway.signal(signal.SIGTERM)
            assert running.gateway.wait() == 0
            wait_until(lambda: kept.count(REFUSED) == fresh.count(REFUSED) == 8, what="every caller's end")  # noqa: B023 - called here
        assert kept.statuses() | fresh.statuses() == {200, REFUSED}
        assert running.gateway.text().count("Booting worker") == 2


def test_at_sigterm_it_is_not_ready_at_once(running):
    with Raw(running) as raw:
        raw.send(READY)
        assert raw.answer().status == 200
        raw.send(READY[:20])
        running.gateway.signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in running.gateway.text(), what="the signal")
        time.sleep(0.2)
        raw.send(READY[20:])
        answer = raw.answer()
        assert (answer.status, answer.headers["connection"]) == (503, "close")
    assert running.gateway.wait() == 0


def test_what_has_begun_at_sigterm_is_answered_and_who_says_nothing_holds_nobody_up(running, picture):
    """The whole process group gets the signal, as from systemd, so that each worker gets two; the model server stands for a while."""
    data = multipart(picture())
    with Raw(running) as whole, Raw(running) as half_of_a_head, Raw(running) as half_of_a_body, Raw(running) as idle:
        running.model_server.signal(signal.SIGSTOP)
        parts = {whole: len(data), half_of_a_head: 20, half_of_a_body: len(data) // 2}
        for raw, length in parts.items():
            raw.send(data[:length])
        time.sleep(0.5)
        for pid in (running.gateway.popen.pid, *running.gateway.children()):
            os.kill(pid, signal.SIGTERM)
        assert idle.ended()
        time.sleep(1)
        running.model_server.signal(signal.SIGCONT)
        for raw, length in parts.items():
            raw.send(data[length:])
            answer = raw.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            raw.socket.close()
    assert running.gateway.wait() == 0


def test_a_second_signal_ends_at_once(running, picture):
    with Raw(running) as raw:
        running.model_server.signal(signal.SIGSTOP)
        raw.send(multipart(picture()))
        time.sleep(0.5)
        running.gateway.signal(signal.SIGTERM)
        time.sleep(1)
        assert running.gateway.popen.poll() is None
        running.gateway.signal(signal.SIGTERM)
        assert running.gateway.wait() == 0
        # Without it the wait for the model server would have ended in an answer.
        assert raw.answer() is None


def test_an_idle_connection_is_kept_as_long_as_the_setting_says_and_no_longer(own_gateway):
    start(own_gateway, RAGAM_KEEPALIVE_SECONDS="4")
    with Raw(own_gateway, 60) as raw:
        # Every answer begins the time anew: three pauses are longer than it.
        for _ in range(4):
            raw.send(READY)
            assert raw.answer().status == 200
            time.sleep(1.5)
        assert raw.ended()
