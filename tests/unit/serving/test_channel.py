"""A model server that goes away, freezes, moves and comes back."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_serving import IMAGES, FakeServing, serve
from service import ROOT, accepts, wait_until

from gateway.errors import ServingUnavailable
from gateway.serving import client
from gateway.serving.client import TensorFlowServing


def await_answer(serving):
    end = time.monotonic() + 60
    while True:
        try:
            assert len(serving.classify(IMAGES)) == 2
        except ServingUnavailable:
            assert time.monotonic() < end, "it is not found again"
            time.sleep(0.05)
        else:
            return


def test_a_name_that_means_another_address_is_found_without_an_error(fake, serving, port, monkeypatch):
    monkeypatch.setattr(client, "RENEW_SECONDS", 0)
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
            await_answer(serving)
        finally:
            server.kill()


def test_a_server_that_comes_back_is_found_again(port, serving):
    for _ in range(2):
        with pytest.raises(ServingUnavailable):
            serving.classify(IMAGES)
    # So that the back-off has grown to its bound.
    time.sleep(3)
    server = serve(FakeServing(), port)
    try:
        await_answer(serving)
    finally:
        server.stop(0).wait()
