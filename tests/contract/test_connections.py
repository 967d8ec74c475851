"""Who is let in, and for how long: --ssl_config_file and --grpc_channel_arguments, as TensorFlow Serving takes them."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from calls import TIMEOUT_S, predict_request
from processes import ROOT, Server

from gateway.serving.messages import prediction_service_pb2_grpc


@pytest.fixture
def base_path(base_path: Path, models: dict[str, Path]) -> Path:
    (base_path / "1").symlink_to(models["first"])
    return base_path


def code_of(channel: grpc.Channel) -> str:
    try:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(predict_request(), timeout=TIMEOUT_S)
    except grpc.RpcError as error:
        return str(error.code().name)
    finally:
        channel.close()
    return "OK"


def test_mutual_tls(start: Callable[..., Server], base_path: Path, tmp_path: Path) -> None:
    ours, foreign = tmp_path / "ours", tmp_path / "foreign"
    for folder in (ours, foreign):
        subprocess.run(["sh", "certificates.sh", str(folder)], cwd=ROOT, check=True, capture_output=True)
    address = start(base_path, f"--ssl_config_file={ours / 'serving.ssl.config'}").address

    def secure(authority: Path, pair: Path | None) -> str:
        files = [pair / "gateway" / "tls.key", pair / "gateway" / "tls.crt"] if pair else []
        credentials = grpc.ssl_channel_credentials((authority / "gateway" / "ca.crt").read_bytes(), *(file.read_bytes() for file in files))
        return code_of(grpc.secure_channel(address, credentials))

    assert secure(ours, ours) == "OK"
    assert secure(ours, None) == "UNAVAILABLE"
    assert secure(ours, foreign) == "UNAVAILABLE"
    assert secure(foreign, ours) == "UNAVAILABLE"
    assert code_of(grpc.insecure_channel(address)) == "UNAVAILABLE"


def test_the_age_of_a_connection(start: Callable[..., Server], base_path: Path) -> None:
    server = start(base_path, "--grpc_channel_arguments=grpc.max_connection_age_ms=500")
    ended, seen = threading.Event(), []

    def note(state: grpc.ChannelConnectivity) -> None:
        seen.append(state)
        if state is grpc.ChannelConnectivity.IDLE and grpc.ChannelConnectivity.READY in seen:
            ended.set()

    with grpc.insecure_channel(server.address) as channel:
        channel.subscribe(note)
        prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(predict_request(), timeout=TIMEOUT_S)
        assert ended.wait(TIMEOUT_S), seen
        channel.unsubscribe(note)
