"""The process: health, its end under calls, its limits, and how it says that it cannot start."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from calls import TIMEOUT_S, Calls, predict_request, status_of
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from processes import ROOT, Server


@pytest.fixture
def slow(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> Callable[..., Server]:
    """Starts a server whose every call takes half a second at least."""
    (base_path / "1").symlink_to(models["slow"])
    return lambda *flags: start(base_path, *flags)


@pytest.mark.parametrize(("number", "flags"), [(signal.SIGTERM, ("--enable_batching=true",)), (signal.SIGINT, ())])
def test_calls_in_flight_finish(slow: Callable[..., Server], number: signal.Signals, flags: tuple[str, ...]) -> None:
    server = slow(*flags)
    watch = HealthStub(server.channel).Watch(HealthCheckRequest())
    seen = [watch.next().status]
    calling = Calls(server.address)
    calls = [calling.prediction.Predict.future(predict_request()) for _ in range(4)]
    calling.status()  # on the same connection: once it is answered, the calls before it have arrived
    server.process.send_signal(number)
    seen += [answer.status for answer in watch]  # ends: a watcher does not keep the server
    assert seen == [1, 2], "SERVING, then NOT_SERVING"
    assert not all(call.done() for call in calls)
    late = Calls(server.address)
    assert status_of(late.predict)[0] == "UNAVAILABLE"
    late.channel.close()
    assert [call.result().model_spec.version.value for call in calls] == [1] * 4
    calling.channel.close()
    assert server.process.wait(TIMEOUT_S) == 0


def test_more_calls_than_threads(slow: Callable[..., Server]) -> None:
    server = slow("--grpc_max_threads=2")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: status_of(server.predict), range(6)))
    assert sorted(answers) == [("OK", "")] * 2 + [("RESOURCE_EXHAUSTED", "Server Threadpool Exhausted")] * 4


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run(f"--port={port}", f"--model_base_path={tmp_path}")
    assert ended == (1, f"model_server: cannot listen on 127.0.0.1 port {port}: Address already in use.\n")


def test_the_port_of_another_model_server(embedded: Server, tmp_path: Path) -> None:
    port = embedded.address.rpartition(":")[2]
    assert run(f"--port={port}", f"--model_base_path={tmp_path}")[0] == 1


def test_it_cannot_start() -> None:
    assert run("--model_base_path=nowhere") == (1, "model_server: --model_base_path nowhere is not a directory.\n")


def run(*flags: str) -> tuple[int, str]:
    command = [sys.executable, "-X", "importtime", "-m", "model_server", *flags]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    told = [line for line in ended.stderr.splitlines(keepends=True) if not line.startswith("import time:")]
    assert "ai_edge_litert" not in ended.stderr, "it is told before LiteRT is imported"
    return ended.returncode, "".join(told)


def test_a_signal_while_loading(models: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to(models["slow"])
    command = [sys.executable, "-m", "model_server", "--port=0", f"--model_base_path={tmp_path}"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        log = []
        for line in process.stderr or ():
            log.append(line)
            if '"loading ' in line:
                process.terminate()
    assert process.returncode == 0
    assert "listening" not in "".join(log)
    assert json.loads(log[-1])["message"] == "stopped"
