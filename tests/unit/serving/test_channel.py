"""A model server that freezes, moves and comes back, and how often at most a call is made once more. Which ones are: test_client.py."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from fake_serving import IMAGES
from prometheus_client import REGISTRY
from service import ROOT, accepts, wait_until

from gateway.errors import ServingBusy, ServingUnavailable
from gateway.serving import client
from gateway.serving.client import QUEUE_IS_FULL, TensorFlowServing
from gateway.serving.retry import MOST


def is_answered(serving):
    try:
        return len(serving.classify(IMAGES)) == 2
    except ServingUnavailable:
        return False


@pytest.fixture
def other_channels(monkeypatch):
    """A channel that has lost its server is replaced at once."""
    monkeypatch.setattr(client, "RENEW_SECONDS", 0)


def test_a_name_that_means_another_address_is_found_without_an_error(fake, serving, port, other_channels):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        serving._target = f"dns:///127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(ServingUnavailable):
            serving.classify(IMAGES)
        serving._target = f"dns:///127.0.0.1:{port}"
        assert len(serving.classify(IMAGES)) == 2


def test_a_call_in_flight_outlives_its_channel(fake, serving):
    fake.seconds = 1.0
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(serving.classify, IMAGES)
        while not fake.requests:
            time.sleep(0.01)
        serving._stub = None
        serving.check()
        assert len(answer.result()) == 2


def test_a_frozen_server_is_noticed_before_the_deadline(port):
    serving = TensorFlowServing(f"127.0.0.1:{port}", 300)
    command = [sys.executable, "-m", "tests.unit.fake_serving", "127.0.0.1", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as server, ThreadPoolExecutor(4) as pool:
        try:
            wait_until(lambda: accepts(port), what="its port")
            # More than one call: only then are there pings that measure the bandwidth, in whose way another would be.
            assert all(pool.map(serving.classify, [IMAGES] * 40))
            server.send_signal(signal.SIGSTOP)
            # On a busy machine its other threads go on until the one that takes the signal gets a turn.
            while "T (stopped)" not in Path(f"/proc/{server.pid}/status").read_text():
                time.sleep(0.01)
            # At the deadline it would be ServingTimeout.
            for future in [pool.submit(serving.classify, IMAGES) for _ in range(4)]:
                with pytest.raises(ServingUnavailable):
                    future.result()
            with pytest.raises(ServingUnavailable):
                serving.classify(IMAGES)
            server.send_signal(signal.SIGCONT)
            wait_until(lambda: is_answered(serving), what="an answer")
        finally:
            server.kill()


def test_a_full_queue_is_no_reason_to_look_for_another_server(fake, serving, other_channels):
    serving.check()
    before = serving._stub
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 2
    fake.details = f"{QUEUE_IS_FULL} to which this task was submitted is full; currently 8 batches enqueued and max_enqueued_batches is 8"
    with pytest.raises(ServingBusy):
        serving.classify(IMAGES)
    assert (fake.calls, serving._stub) == (2, before)
    fake.failures, fake.details = [grpc.StatusCode.UNAVAILABLE] * 3, ""
    with pytest.raises(ServingUnavailable):
        serving.classify(IMAGES)
    assert (fake.calls, serving._stub) == (4, None), "another is looked for, and gives no third attempt"


def retries(outcome):
    return REGISTRY.get_sample_value("ragam_serving_retries_total", {"outcome": outcome}) or 0


def test_the_budget_is_earned_by_successes_alone(fake, serving):
    def calls_of(count):
        before = fake.calls
        fake.failures = [grpc.StatusCode.UNAVAILABLE] * (2 * count)
        for _ in range(count):
            with pytest.raises(ServingUnavailable):
                serving.classify(IMAGES)
        fake.failures = []
        return fake.calls - before

    before = retries("made"), retries("refused")
    assert calls_of(30) == 30 + MOST
    assert (retries("made") - before[0], retries("refused") - before[1]) == (MOST, 30 - MOST)
    for _ in range(20):
        serving.classify(IMAGES)
    # Twenty successes are worth two retries, give or take what floats lose.
    assert 5 + 1 <= calls_of(5) <= 5 + 2


def test_an_outage_that_only_probes_notice_costs_no_budget(serving):
    for _ in range(20):
        with pytest.raises(ServingUnavailable):
            serving.check()
    assert serving._budget.spend()
