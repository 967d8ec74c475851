"""What is sent to the model server, and what becomes of its answers."""

import grpc
import numpy as np
import pytest
from fake_serving import IMAGES
from prometheus_client import REGISTRY

from gateway import contract
from gateway.errors import ServingBusy, ServingTimeout, ServingUnavailable, WrongModel
from gateway.prediction import SimilarWork
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


def test_what_a_version_may_lack_is_read_where_it_is_there(fake, serving):
    for prediction in serving.classify(IMAGES):
        assert (prediction.typicality, prediction.certain, prediction.expected_accuracy) == (None, None, None)
    fake.is_whole = True
    first, second = serving.classify(IMAGES)
    assert (first.typicality, first.certain, first.expected_accuracy) == (0.25, False, 0.5)
    assert second.certain is True


def test_similar_works_come_nearest_first(fake, serving):
    fake.is_whole = True
    works = (SimilarWork("An Artist", "A Title", pytest.approx(0.9)), SimilarWork("", "", 0.5))
    assert serving.similar(IMAGES) == [works, works]
    assert fake.requests[-1].model_spec.signature_name == "similar"


def test_a_version_without_similar_works_has_none_and_another_refusal_is_one(fake, serving):
    assert serving.similar(IMAGES) == [(), ()]
    fake.failures = [grpc.StatusCode.FAILED_PRECONDITION]
    with pytest.raises(WrongModel):
        serving.similar(IMAGES)


def test_similar_works_are_not_counted_as_further_pictures(fake, serving):
    before = by_label("none")
    serving.similar(IMAGES[:1])
    assert by_label("none") == before


def test_every_call_asks_for_the_label(fake, port):
    serving = TensorFlowServing(f"127.0.0.1:{port}", 60, label="canary")
    serving.classify(IMAGES)
    serving.explain(IMAGES)
    serving.similar(IMAGES)
    serving.genres()
    assert [request.model_spec.version_label for request in fake.requests] == ["canary"] * 4
    serving.check()
    TensorFlowServing(f"127.0.0.1:{port}", 60).classify(IMAGES)
    assert not fake.requests[-1].model_spec.HasField("version_label")


def by_label(label):
    """Pictures answered, calls for one picture and pictures that failed."""
    names = ("ragam_label_answers_total", "ragam_label_seconds_count")
    answers, calls = (REGISTRY.get_sample_value(name, {"label": label, "version": "7"}) or 0 for name in names)
    return answers, calls, REGISTRY.get_sample_value("ragam_label_failures_total", {"label": label}) or 0


@pytest.mark.parametrize("label", ["", "stable"])
def test_pictures_are_counted_by_label_and_calls_for_one_are_timed(fake, port, label):
    """A call for many pictures is other work, and a canary gets a few of many."""
    serving = TensorFlowServing(f"127.0.0.1:{port}", 60, label=label)
    answers, calls, failures = by_label(label or "none")
    serving.classify(IMAGES)
    serving.explain(IMAGES[:1])
    serving.genres()
    assert by_label(label or "none") == (answers + 3, calls + 1, failures)
    fake.failures = [grpc.StatusCode.INTERNAL]
    with pytest.raises(grpc.RpcError):
        serving.classify(IMAGES)
    assert by_label(label or "none") == (answers + 3, calls + 1, failures + 2)


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
