"""The gateway's stops, as its operator and its supervisor order them: what is under way is answered."""

import errno
import os
import signal
import socket
import time

import pytest
from callers import REFUSED, Callers
from raw import Raw, multipart
from service import wait_until

READY = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def running(own_gateway):
    start(own_gateway)
    return own_gateway


def start(service, **environ):
    service.gateway = service.start_gateway(**environ)
    wait_until(lambda: service.ready() and len(service.gateway.children()) == 2, what="readiness of both workers")


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_a_stop_under_load_loses_no_request_and_no_second_master_is_started(running, picture):
    """SIGUSR2 would start another, whose stop would close the listener for both. `python -m benchmarks.stops` makes a hundred."""
    data, workers = picture(), running.gateway.children()
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
        wait_until(lambda: kept.count(REFUSED) == fresh.count(REFUSED) == 8, what="every caller's end")
    assert kept.statuses() | fresh.statuses() == {200, REFUSED}
    assert running.gateway.text().count("Booting worker") == 2


def test_what_has_begun_at_sigterm_is_answered_who_says_nothing_holds_nobody_up_and_it_is_not_ready(running, picture):
    """The whole process group gets the signal, as from systemd, so that each worker gets two; the model server stands for a while."""
    data = multipart(picture())
    with Raw(running) as whole, Raw(running) as half_of_a_head, Raw(running) as half_of_a_body, Raw(running) as idle, Raw(running) as probe:
        probe.send(READY)
        assert probe.answer().status == 200
        probe.send(READY[:20])
        running.model_server.signal(signal.SIGSTOP)
        parts = {whole: len(data), half_of_a_head: 20, half_of_a_body: len(data) // 2}
        for raw, length in parts.items():
            raw.send(data[:length])
        time.sleep(0.5)
        for pid in (running.gateway.popen.pid, *running.gateway.children()):
            os.kill(pid, signal.SIGTERM)
        assert idle.ended()
        probe.send(READY[20:])
        answer = probe.answer()
        assert (answer.status, answer.headers["connection"]) == (503, "close")
        # Who comes later is sent away while these are still under way, and does not wait for them.
        wait_until(lambda: refuses(running.port), what="the end of listening")
        running.model_server.signal(signal.SIGCONT)
        for raw, length in parts.items():
            raw.send(data[length:])
            answer = raw.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            raw.socket.close()
    assert running.gateway.wait() == 0


def test_an_idle_connection_is_kept_as_long_as_the_setting_says_and_no_longer(own_gateway):
    start(own_gateway, RAGAM_KEEPALIVE_SECONDS="4")
    with Raw(own_gateway, 60) as raw:
        # Every answer begins the time anew: three pauses are longer than it.
        for _ in range(3):
            raw.send(READY)
            assert raw.answer().status == 200
            time.sleep(1.5)
        assert raw.ended()
