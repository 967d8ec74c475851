"""What is sent to the model server, and what becomes of its answers."""

import grpc
import numpy as np
import pytest
from fake_serving import IMAGES

from gateway import contract
from gateway.errors import ServingBusy, ServingTimeout, ServingUnavailable, WrongModel
from gateway.serving.client import TensorFlowServing


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


def test_the_deadline_ends_a_call(fake, port):
    fake.seconds = 1.0
    with pytest.raises(ServingTimeout):
        TensorFlowServing(f"127.0.0.1:{port}", 0.1).classify(IMAGES)


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
