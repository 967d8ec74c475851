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
    assert (first.genre, first.confidence, first.model, first.version) == ("Second", 0.75, "painting_genre", 7)
    assert second.scores[0][0] == "First"


def test_explains_what_it_predicts(fake, serving):
    explained = serving.explain(IMAGES)
    assert [explanation.prediction for explanation in explained] == serving.classify(IMAGES)
    assert explained[0].heatmap == ((0.25,) * 7,) * 7


def test_what_a_version_may_lack_is_read_where_it_is_there(fake, serving):
    for prediction in serving.classify(IMAGES):
        assert (prediction.typicality, prediction.certain, prediction.expected_accuracy) == (None, None, None)
    fake.is_whole = True
    first, second = serving.classify(IMAGES)
    assert (first.typicality, first.certain, first.expected_accuracy) == (0.25, False, 0.5)
    assert second.certain is True


def test_similar_works_come_nearest_first_and_a_version_without_them_has_none(fake, serving):
    assert serving.similar(IMAGES) == [(), ()]
    fake.is_whole = True
    works = (SimilarWork("An Artist", "A Title", pytest.approx(0.9)), SimilarWork("", "", 0.5))
    assert serving.similar(IMAGES) == [works, works]
    fake.failures = [grpc.StatusCode.FAILED_PRECONDITION]
    with pytest.raises(WrongModel):
        serving.similar(IMAGES)


def test_every_call_asks_for_the_label(fake, port):
    for label in ("canary", ""):
        serving = TensorFlowServing(f"127.0.0.1:{port}", 60, label=label)
        for call in (serving.classify, serving.explain, serving.similar):
            call(IMAGES)
        serving.genres()
        asked = [request.model_spec for request in list(fake.requests)[-4:]]
        assert [(spec.version_label, spec.HasField("version_label")) for spec in asked] == [(label, bool(label))] * 4
        assert [spec.signature_name for spec in asked][:3] == ["serving_default", "explain", "similar"]


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
    serving.similar(IMAGES[:1])
    fake.failures = [grpc.StatusCode.INTERNAL]
    with pytest.raises(grpc.RpcError):
        serving.classify(IMAGES)
    assert by_label(label or "none") == (answers + 3, calls + 1, failures + 2)


def test_asks_for_the_genres_with_one_gray_picture_and_takes_sixteen_in_one_call(fake, serving):
    assert serving.genres() == ("First", "Second")
    [request] = fake.requests
    assert request.inputs["image"].tensor_content == bytes(contract.IMAGE_BYTES)
    assert len(serving.classify(np.repeat(IMAGES, 8, axis=0))) == contract.MAX_BATCH


@pytest.mark.parametrize(
    ("code", "error", "calls"),
    [
        (grpc.StatusCode.UNAVAILABLE, ServingUnavailable, 2),
        (grpc.StatusCode.CANCELLED, ServingUnavailable, 2),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ServingBusy, 1),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ServingTimeout, 1),
        (grpc.StatusCode.NOT_FOUND, WrongModel, 1),
        (grpc.StatusCode.UNIMPLEMENTED, WrongModel, 1),
        (grpc.StatusCode.INTERNAL, grpc.RpcError, 1),
    ],
)
def test_each_status_is_an_error_and_what_no_server_took_is_tried_once_more(fake, serving, code, error, calls):
    fake.failures = [code] * 3
    with pytest.raises(error) as caught:
        serving.classify(IMAGES)
    assert "secret" not in getattr(caught.value, "detail", "")
    assert fake.calls == calls
    fake.failures = [code] * (calls - 1)
    assert len(serving.classify(IMAGES)) == 2


def test_the_deadline_ends_a_call_which_is_not_tried_again(fake, port):
    fake.seconds = 1.0
    with pytest.raises(ServingTimeout):
        TensorFlowServing(f"127.0.0.1:{port}", 0.3).classify(IMAGES)
    assert fake.calls == 1


def test_check_accepts_the_contract_and_tells_what_breaks_it(fake, serving):
    serving.check()
    fake.signature = "other"
    with pytest.raises(WrongModel) as caught:
        serving.check()
    assert "no signature 'serving_default'" in str(caught.value.__cause__)
