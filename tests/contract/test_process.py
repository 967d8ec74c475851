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
from calls import Calls, predict_request, status_of
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from processes import ROOT, Server

PRODUCTS = 4000  # a second on a fast core


@pytest.fixture
def slow(start: Callable[..., Server], tiny_model: Callable[..., Path], tmp_path: Path) -> Callable[..., Server]:
    """Starts a server whose every call takes a second at least."""

    def make(*flags: str) -> Server:
        base_path = tmp_path / "painting_genre"
        base_path.mkdir()
        (base_path / "1").symlink_to(tiny_model(f"--products={PRODUCTS}", "--no-warmup"))
        return start(base_path, *flags)

    return make


@pytest.mark.parametrize("service", ["", "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"])
def test_health(embedded: Calls, service: str) -> None:
    assert embedded.health(service) == "SERVING"


def test_health_of_an_unknown_service(embedded: Calls) -> None:
    assert status_of(lambda: embedded.health("nobody"))[0] == "NOT_FOUND"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("flags", [(), ("--enable_batching=true",)], ids=["alone", "batched"])
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
    assert not any(call.done() for call in calls)
    late = Calls(server.address)
    assert status_of(late.predict)[0] == "UNAVAILABLE"
    late.channel.close()
    assert [call.result().model_spec.version.value for call in calls] == [1] * 4
    calling.channel.close()
    assert server.process.wait(60) == 0


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


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        pytest.param((), "--model_base_path is missing: the directory that holds the model's version directories.", id="no-base-path"),
        pytest.param(("--model_base_path=nowhere",), "--model_base_path nowhere is not a directory.", id="base-path"),
        pytest.param(("--nonsense=1",), "unrecognized arguments: --nonsense=1", id="flag"),
    ],
)
def test_it_cannot_start(flags: tuple[str, ...], sentence: str) -> None:
    assert run(*flags) == (1, f"model_server: {sentence}\n")


def run(*flags: str) -> tuple[int, str]:
    command = [sys.executable, "-X", "importtime", "-m", "model_server", *flags]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    told = [line for line in ended.stderr.splitlines(keepends=True) if not line.startswith("import time:")]
    assert "ai_edge_litert" not in ended.stderr, "it is told before LiteRT is imported"
    return ended.returncode, "".join(told)


def test_a_signal_while_loading(tiny_model: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to(tiny_model(f"--products={PRODUCTS}", "--no-warmup"))
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
