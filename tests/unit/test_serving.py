import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import pytest

from gateway import contract
from gateway.errors import ServingBusy, ServingTimeout, ServingUnavailable, WrongModel
from gateway.serving import QUEUE_IS_FULL, RENEW_SECONDS, TensorFlowServing
from gateway.stubs import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc, types_pb2

IMAGES = np.linspace(-1, 1, 2 * contract.IMAGE_BYTES // 4, dtype=np.float32).reshape(2, *contract.IMAGE_SHAPE)


class FakeServing(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers each picture from its first value; before that, fails with each of `failures` in turn."""

    def __init__(self):
        self.failures = []
        self.details = "at the model server's /secret/path"
        self.requests = []
        self.signature = contract.PREDICT_SIGNATURE
        self.seconds = 0.0

    def Predict(self, request, context):  # noqa: N802 - gRPC's name
        self.requests.append(request)
        time.sleep(self.seconds)
        if self.failures:
            context.abort(self.failures.pop(0), self.details)
        tensor = request.inputs["image"]
        images = np.frombuffer(tensor.tensor_content, np.float32).reshape([dimension.size for dimension in tensor.tensor_shape.dim])
        answer = predict_pb2.PredictResponse()
        answer.model_spec.name = request.model_spec.name
        answer.model_spec.version.value = 7
        heatmaps = [("heatmap", types_pb2.DT_FLOAT, [0.25] * 49 * len(images))] if request.model_spec.signature_name == "explain" else []
        for name, dtype, values in (
            *heatmaps,
            ("scores", types_pb2.DT_FLOAT, [v for image in images for v in (0.5 + image[0, 0, 0] / 4, 0.5 - image[0, 0, 0] / 4)]),
            ("classes", types_pb2.DT_STRING, [b"First", b"Second"] * len(images)),
        ):
            output = answer.outputs[name]
            output.dtype = dtype
            for size in (len(images), 7, 7) if name == "heatmap" else (len(images), 2):
                output.tensor_shape.dim.add(size=size)
            (output.float_val if dtype == types_pb2.DT_FLOAT else output.string_val).extend(values)
        return answer

    def GetModelMetadata(self, request, context):  # noqa: N802 - gRPC's names
        signatures = get_model_metadata_pb2.SignatureDefMap()
        signature = signatures.signature_def[self.signature]
        for tensors, name, dtype, shape in (
            (signature.inputs, "image", types_pb2.DT_FLOAT, (-1, 224, 224, 3)),
            (signature.outputs, "scores", types_pb2.DT_FLOAT, (-1, 2)),
            (signature.outputs, "classes", types_pb2.DT_STRING, (-1, 2)),
        ):
            tensors[name].dtype = dtype
            for size in shape:
                tensors[name].tensor_shape.dim.add(size=size)
        answer = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)
        answer.metadata["signature_def"].Pack(signatures)
        return answer


def serve(servicer, port):
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def fake(port):
    servicer = FakeServing()
    server = serve(servicer, port)
    yield servicer
    server.stop(0).wait()


@pytest.fixture
def serving(port):
    return TensorFlowServing(f"127.0.0.1:{port}", 5)


def test_sends_the_tensor_and_reads_each_answer(fake, serving):
    first, second = serving.classify(IMAGES)
    [request] = fake.requests
    assert request.inputs["image"].tensor_content == IMAGES.tobytes()
    assert (request.model_spec.name, request.model_spec.signature_name) == ("painting_genre", "serving_default")
    assert not request.model_spec.HasField("version")
    assert (first.genre, first.confidence, first.model, first.version) == ("Second", 0.75, "painting_genre", 7)
    assert second.scores[0][0] == "First"


def test_explains_by_the_other_signature(fake, serving):
    explained = serving.explain(IMAGES)
    [request] = fake.requests
    assert (request.model_spec.name, request.model_spec.signature_name) == ("painting_genre", "explain")
    assert [explanation.prediction for explanation in explained] == serving.classify(IMAGES)
    assert explained[0].heatmap == ((0.25,) * 7,) * 7


def test_a_label_and_the_share_of_the_deadline(fake, port):
    serving = TensorFlowServing(f"127.0.0.1:{port}", 60)
    serving.classify(IMAGES, "canary")
    serving.explain(IMAGES, "stable")
    serving.genres("stable")
    serving.classify(IMAGES)
    labels = [request.model_spec.version_label for request in fake.requests]
    assert labels == ["canary", "stable", "stable", ""]
    assert not fake.requests[-1].model_spec.HasField("version_label")
    serving.check("canary")
    fake.seconds = 1.0
    with pytest.raises(ServingTimeout):
        serving.classify(IMAGES, "canary", 0.005)


def test_asks_for_the_genres_with_one_gray_picture(fake, serving):
    assert serving.genres() == ("First", "Second")
    [request] = fake.requests
    assert request.inputs["image"].tensor_content == bytes(contract.IMAGE_BYTES)
    fake.failures = [grpc.StatusCode.RESOURCE_EXHAUSTED]
    with pytest.raises(ServingBusy):
        serving.genres()


def test_sixteen_pictures_fit_into_one_call(fake, serving):
    assert len(serving.classify(np.repeat(IMAGES, 8, axis=0))) == contract.MAX_BATCH


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.UNAVAILABLE, ServingUnavailable),
        (grpc.StatusCode.CANCELLED, ServingUnavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ServingBusy),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ServingTimeout),
        (grpc.StatusCode.NOT_FOUND, WrongModel),
        (grpc.StatusCode.INVALID_ARGUMENT, WrongModel),
        (grpc.StatusCode.FAILED_PRECONDITION, WrongModel),
        (grpc.StatusCode.UNIMPLEMENTED, WrongModel),
        (grpc.StatusCode.INTERNAL, grpc.RpcError),
    ],
)
def test_each_status_is_an_error(fake, serving, code, error):
    fake.failures = [code, code]
    with pytest.raises(error) as caught:
        serving.classify(IMAGES)
    assert "secret" not in getattr(caught.value, "detail", "")


def test_unavailable_is_tried_once_more(fake, serving):
    fake.failures = [grpc.StatusCode.UNAVAILABLE]
    assert len(serving.classify(IMAGES)) == 2
    assert len(fake.requests) == 2


def test_nothing_is_tried_a_third_time_nor_other_failures_twice(fake, serving):
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 3
    with pytest.raises(ServingUnavailable):
        serving.classify(IMAGES)
    assert len(fake.requests) == 2
    fake.failures = [grpc.StatusCode.RESOURCE_EXHAUSTED]
    with pytest.raises(ServingBusy):
        serving.classify(IMAGES)
    assert len(fake.requests) == 3


def test_a_failing_server_is_not_asked_twice_for_ever(fake, serving):
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 40
    for _ in range(20):
        with pytest.raises(ServingUnavailable):
            serving.classify(IMAGES)
    assert len(fake.requests) < 30


def test_a_full_queue_is_no_reason_to_look_for_another_server(fake, serving):
    serving.check()
    time.sleep(RENEW_SECONDS + 0.1)
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 2
    fake.details = f"{QUEUE_IS_FULL} to which this task was submitted is full; currently 8 batches enqueued and max_enqueued_batches is 8"
    with pytest.raises(ServingBusy):
        serving.classify(IMAGES)
    assert len(fake.requests) == 2


def test_a_name_that_means_another_address_is_found_without_an_error(fake, serving, port):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        serving._target = f"dns:///127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(ServingUnavailable):
            serving.classify(IMAGES)
        serving._target = f"dns:///127.0.0.1:{port}"
        time.sleep(RENEW_SECONDS + 0.1)
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


def test_a_frozen_server_is_noticed_before_the_deadline(port, serving):
    code = f"import time; from test_serving import *; server = serve(FakeServing(), {port}); print('up', flush=True); time.sleep(600)"
    folder = Path(__file__).parent
    environ = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{folder.parents[1]}"}
    with (
        subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE, text=True) as server,
        ThreadPoolExecutor(4) as pool,
    ):
        try:
            assert server.stdout.readline() == "up\n"
            # More than one call: only then are there pings that measure the bandwidth, in whose way another would be.
            assert all(pool.map(serving.classify, [IMAGES] * 40))
            server.send_signal(signal.SIGSTOP)
            start = time.monotonic()
            for future in [pool.submit(serving.classify, IMAGES) for _ in range(4)]:
                with pytest.raises(ServingUnavailable):
                    future.result()
            assert time.monotonic() - start < 4.8
            with pytest.raises(ServingUnavailable):
                serving.classify(IMAGES)
            server.send_signal(signal.SIGCONT)
            returned = time.monotonic()
            while time.monotonic() < returned + 2:
                try:
                    assert len(serving.classify(IMAGES)) == 2
                    break
                except ServingUnavailable:
                    time.sleep(0.05)
            else:
                pytest.fail("it is not found again within two seconds")
        finally:
            server.kill()


def test_the_deadline_ends_a_call(fake, port):
    fake.seconds = 1.0
    with pytest.raises(ServingTimeout):
        TensorFlowServing(f"127.0.0.1:{port}", 0.1).classify(IMAGES)


def test_a_server_that_comes_back_is_found_again(port, serving):
    for _ in range(2):
        with pytest.raises(ServingUnavailable):
            serving.classify(IMAGES)
    # Long enough for the back-off to have grown to its bound.
    time.sleep(3)
    server = serve(FakeServing(), port)
    try:
        returned = time.monotonic()
        while True:
            try:
                serving.classify(IMAGES)
                break
            except ServingUnavailable:
                assert time.monotonic() - returned < 2
                time.sleep(0.05)
    finally:
        server.stop(0).wait()


def test_a_tensor_that_would_kill_the_server_is_never_sent(fake, serving):
    for images in (IMAGES[0], IMAGES.astype(np.float64), IMAGES[:, :100]):
        with pytest.raises(ValueError, match="must be float32"):
            serving.classify(images)
    assert not fake.requests


def test_check_accepts_the_contract_and_tells_what_breaks_it(fake, serving):
    serving.check()
    fake.signature = "other"
    with pytest.raises(WrongModel) as caught:
        serving.check()
    assert "no signature 'serving_default'" in str(caught.value.__cause__)


def test_check_of_nobody(serving):
    with pytest.raises(ServingUnavailable):
        serving.check()
