"""The process: whom it answers, its limits, its end under calls, and a port that is taken."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from calls import TIMEOUT_S, Calls, predict_request, status_of
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from processes import ROOT, Server

from gateway.serving.messages import prediction_service_pb2_grpc


@pytest.fixture
def slow(start: Callable[..., Server], models: dict[str, Path], base_path: Path) -> Callable[..., Server]:
    """Starts a server whose every call takes half a second at least."""
    (base_path / "1").symlink_to(models["slow"])
    return lambda *flags: start(base_path, *flags)


def test_calls_in_flight_finish(slow: Callable[..., Server]) -> None:
    server = slow("--enable_batching=true")
    watch = HealthStub(server.channel).Watch(HealthCheckRequest())
    seen = [watch.next().status]
    calling = Calls(server.address)
    calls = [calling.prediction.Predict.future(predict_request()) for _ in range(3)]
    calling.status()  # on the same connection: once it is answered, the calls before it have arrived
    server.process.send_signal(signal.SIGTERM)
    seen += [answer.status for answer in watch]  # ends: a watcher does not keep the server
    assert seen == [1, 2], "SERVING, then NOT_SERVING"
    assert not all(call.done() for call in calls)
    late = Calls(server.address)
    assert status_of(late.predict)[0] == "UNAVAILABLE"
    late.channel.close()
    assert [call.result().model_spec.version.value for call in calls] == [1] * 3
    calling.channel.close()
    assert server.process.wait(TIMEOUT_S) == 0


def test_more_calls_than_threads(slow: Callable[..., Server]) -> None:
    server = slow("--grpc_max_threads=1")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: status_of(server.predict), range(4)))
    assert sorted(answers) == [("OK", "")] + [("RESOURCE_EXHAUSTED", "Server Threadpool Exhausted")] * 3


def test_mutual_tls(start: Callable[..., Server], base_path: Path, models: dict[str, Path], tmp_path: Path) -> None:
    (base_path / "1").symlink_to(models["first"])
    ours, foreign = tmp_path / "ours", tmp_path / "foreign"
    for folder in (ours, foreign):
        subprocess.run(["sh", "certificates.sh", str(folder)], cwd=ROOT, check=True, capture_output=True)
    address = start(base_path, f"--ssl_config_file={ours / 'serving.ssl.config'}").address
    authority = (ours / "gateway" / "ca.crt").read_bytes()

    def code(pair: Path | None) -> str:
        files = [(pair / "gateway" / name).read_bytes() for name in ("tls.key", "tls.crt")] if pair else []
        with grpc.secure_channel(address, grpc.ssl_channel_credentials(authority, *files)) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            return status_of(lambda: stub.Predict(predict_request(), timeout=TIMEOUT_S))[0]

    assert (code(ours), code(None), code(foreign)) == ("OK", "UNAVAILABLE", "UNAVAILABLE")
    plain = Calls(address)
    assert status_of(plain.predict)[0] == "UNAVAILABLE"
    plain.channel.close()


def test_the_port_of_another_model_server(embedded: Calls, tmp_path: Path) -> None:
    """gRPC by itself would let two of them listen on one."""
    port = embedded.address.rpartition(":")[2]
    command = [sys.executable, "-m", "model_server", f"--port={port}", f"--model_base_path={tmp_path}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    told = f"model_server: cannot listen on 127.0.0.1 port {port}: Address already in use.\n"
    assert (ended.returncode, ended.stderr) == (1, told)


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
