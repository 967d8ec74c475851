"""The requests and answers that were read off the real TensorFlow Serving, row by row, with batching off.

TFS_ADDRESS=host:port asks a real one, which must serve a model of the contract as painting_genre. Both are asked alike, but for the
tests with `embedded`, which hold what the embedded server answers otherwise on purpose.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from calls import TIMEOUT_S, Calls, pixels, predict_request, put, status_of

from gateway import contract
from gateway.serving.messages import get_model_metadata_pb2, get_model_status_pb2, predict_pb2, types_pb2


def test_no_version_and_no_signature_name_is_the_latest_and_the_default(server: Calls) -> None:
    images = pixels(3)
    response = server.predict(predict_request(images))
    spec = response.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == (contract.MODEL_NAME, max(server.states()), contract.PREDICT_SIGNATURE)
    assert set(response.outputs) >= {contract.SCORES_OUTPUT, contract.CLASSES_OUTPUT}
    scores, classes = response.outputs[contract.SCORES_OUTPUT], response.outputs[contract.CLASSES_OUTPUT]
    rows, genres = (dim.size for dim in scores.tensor_shape.dim)
    assert rows == 3
    assert (scores.dtype, classes.dtype) == (types_pb2.DT_FLOAT, types_pb2.DT_STRING)
    assert [dim.size for dim in classes.tensor_shape.dim] == [rows, genres]
    assert np.reshape(scores.float_val, (rows, genres)).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert len(set(classes.string_val)) == genres
    assert not scores.tensor_content
    assert not classes.tensor_content


def test_a_version_and_a_signature_by_name(server: Calls) -> None:
    version = max(server.states())
    response = server.predict(predict_request(pixels(2), version=version, signature_name=contract.EXPLAIN_SIGNATURE))
    assert (response.model_spec.version.value, response.model_spec.signature_name) == (version, contract.EXPLAIN_SIGNATURE)
    heatmap = response.outputs[contract.HEATMAP_OUTPUT]
    assert [dim.size for dim in heatmap.tensor_shape.dim] == [2, 7, 7]
    assert min(heatmap.float_val) >= 0
    assert max(heatmap.float_val) <= 1


def _inputs(**arrays: np.ndarray) -> Any:
    request = predict_request()
    request.inputs.clear()
    for name, array in arrays.items():
        put(request, name, array)
    return request


def _provided(name: str) -> str:
    return f"Expects arg[0] to be float but {name} is provided"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        (lambda server: server.predict(predict_request(name="none")), "NOT_FOUND", "Servable not found for request: Latest(none)"),
        (
            lambda server: server.predict(predict_request(version=99)),
            "NOT_FOUND",
            "Servable not found for request: Specific(painting_genre, 99)",
        ),
        (
            lambda server: server.predict(predict_request(version_label="nope")),
            "INVALID_ARGUMENT",
            "Unrecognized servable version label: nope",
        ),
        (lambda server: server.predict(predict_pb2.PredictRequest()), "INVALID_ARGUMENT", "Missing ModelSpec"),
        (lambda server: server.predict(predict_request(name="")), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (
            lambda server: server.predict(predict_request(signature_name="wrong_sig")),
            "FAILED_PRECONDITION",
            'Serving signature key "wrong_sig" not found.',
        ),
        (
            lambda server: server.predict(_inputs()),
            "INVALID_ARGUMENT",
            "input size does not match signature: 0!=1 len({}) != len({image}). Sent extra: {}. Missing but required: {image}.",
        ),
        (
            lambda server: server.predict(_inputs(image=pixels(), extra=pixels())),
            "INVALID_ARGUMENT",
            "input size does not match signature: 2!=1 len({extra,image}) != len({image}). Sent extra: {extra}. Missing but required: {}.",
        ),
        (
            lambda server: server.predict(_inputs(wrong=pixels())),
            "INVALID_ARGUMENT",
            (
                "Signature input alias: image(feed name: serving_default_image:0) not found in request and no default value provided. "
                "Inputs expected to be in the request {wrong}, or default input alias set: "
            ),
        ),
        (lambda server: server.predict(_inputs(image=pixels().astype(np.float64))), "INVALID_ARGUMENT", _provided("double")),
        (lambda server: server.predict(_inputs(image=np.array([b"picture"]))), "INVALID_ARGUMENT", _provided("string")),
        (lambda server: server.metadata(), "INVALID_ARGUMENT", "GetModelMetadataRequest must specify at least one metadata_field"),
        (lambda server: server.metadata("foo"), "INVALID_ARGUMENT", "Metadata field foo is not supported"),
        (lambda server: server.metadata("signature_def", name="none"), "NOT_FOUND", "Servable not found for request: Latest(none)"),
        (lambda server: server.status(name="none"), "NOT_FOUND", "Could not find any versions of model none"),
        (lambda server: server.status(version=99), "NOT_FOUND", "Could not find version 99 of model painting_genre"),
        (
            lambda server: server.models.GetModelStatus(get_model_status_pb2.GetModelStatusRequest()),
            "INVALID_ARGUMENT",
            "Missing ModelSpec",
        ),
    ],
)
def test_a_wrong_request(server: Calls, call: Callable[[Calls], object], code: str, message: str) -> None:
    assert status_of(lambda: call(server)) == (code, message)


def test_output_filter(server: Calls) -> None:
    request = predict_request()
    request.output_filter.append("classes")
    assert set(server.predict(request).outputs) == {"classes"}
    request.output_filter.append("nope")
    expected = ",".join(sorted(server.predict().outputs))
    message = f"output tensor alias not found in signature: nope Outputs expected to be in the set {{{expected}}}."
    assert status_of(lambda: server.predict(request)) == ("INVALID_ARGUMENT", message)


def test_an_empty_batch(server: Calls) -> None:
    alone, empty = server.predict().outputs, server.predict(predict_request(pixels(0))).outputs
    assert set(empty) == set(alone)
    for name, output in empty.items():
        assert [dim.size for dim in output.tensor_shape.dim] == [0, *(dim.size for dim in alone[name].tensor_shape.dim[1:])]
        assert not output.float_val
        assert not output.string_val


def test_metadata(server: Calls) -> None:
    response = server.metadata("signature_def")
    assert (response.model_spec.name, response.model_spec.version.value) == (contract.MODEL_NAME, max(server.states()))
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    outputs = {
        contract.PREDICT_SIGNATURE: {contract.SCORES_OUTPUT, contract.CLASSES_OUTPUT},
        contract.EXPLAIN_SIGNATURE: {contract.SCORES_OUTPUT, contract.CLASSES_OUTPUT, contract.HEATMAP_OUTPUT},
    }
    for name, expected in outputs.items():
        signature = signatures.signature_def[name]
        image = signature.inputs[contract.IMAGE_INPUT]
        assert signature.method_name == "tensorflow/serving/predict"
        assert [dim.size for dim in image.tensor_shape.dim] == [-1, *contract.IMAGE_SHAPE]
        assert image.dtype == types_pb2.DT_FLOAT
        assert set(signature.outputs) >= expected


def test_model_status(server: Calls) -> None:
    statuses = server.status()
    versions = [status.version for status in statuses]
    assert versions == sorted(versions, reverse=True)
    assert statuses[0].State.Name(statuses[0].state) == "AVAILABLE"
    assert (statuses[0].status.error_code, statuses[0].status.error_message) == (0, "")
    assert [status.version for status in server.status(version=versions[0])] == versions[:1]


def test_health(server: Calls) -> None:
    """With --enable_grpc_healthcheck_service, which the embedded server has always on."""
    for service in ("", "PredictionService", "ModelService"):
        assert server.health(service) == "SERVING"
    for service in ("tensorflow.serving.PredictionService", "nobody"):
        assert status_of(lambda service=service: server.health(service))[0] == "NOT_FOUND"


def test_unknown_method(server: Calls) -> None:
    call = server.channel.unary_unary("/tensorflow.serving.PredictionService/Nothing")
    assert status_of(lambda: call(b"", timeout=TIMEOUT_S))[0] == "UNIMPLEMENTED"


@pytest.mark.parametrize(("shape", "given"), [((224, 224, 3), "[224,224,3]"), ((), "[]"), ((1, 100, 100, 3), "[1,100,100,3]")])
def test_a_wrong_shape_is_an_error_and_no_crash(embedded: Calls, shape: tuple[int, ...], given: str) -> None:
    """A real one dies of some."""
    message = f"Input image must have shape [?,224,224,3] but {given} is provided"
    assert status_of(lambda: embedded.predict(predict_request(np.zeros(shape, np.float32)))) == ("INVALID_ARGUMENT", message)
    assert embedded.predict().model_spec.version.value


def test_the_largest_request_and_one_too_large(embedded: Calls) -> None:
    request = predict_request(pixels(contract.MAX_BATCH))
    assert request.ByteSize() <= contract.MAX_MESSAGE_BYTES
    assert embedded.predict(request).outputs[contract.SCORES_OUTPUT].tensor_shape.dim[0].size == contract.MAX_BATCH
    assert status_of(lambda: embedded.predict(predict_request(pixels(5 * contract.MAX_BATCH))))[0] == "RESOURCE_EXHAUSTED"
