"""The requests and answers that were read off the real TensorFlow Serving, row by row, with batching off.

TFS_ADDRESS=host:port asks a real one, which must serve a model of the contract as painting_genre. Both are asked alike; what the
embedded server answers otherwise on purpose is in test_differences.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from calls import Calls, pixels, predict_request, put, status_of

from gateway import contract
from gateway.serving.messages import get_model_metadata_pb2, get_model_status_pb2, types_pb2


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


def test_each_row_is_answered_as_it_would_be_alone(server: Calls) -> None:
    images = pixels(3)
    together = np.reshape(server.predict(predict_request(images)).outputs[contract.SCORES_OUTPUT].float_val, (3, -1))
    for row, image in enumerate(images):
        alone = server.predict(predict_request(image[None])).outputs[contract.SCORES_OUTPUT].float_val
        np.testing.assert_allclose(together[row], alone, atol=1e-5)


def _nameless() -> Any:
    request = predict_request()
    request.model_spec.name = ""
    return request


def _inputs(**arrays: np.ndarray) -> Any:
    request = predict_request()
    request.inputs.clear()
    for name, array in arrays.items():
        put(request, name, array)
    return request


def _without_spec() -> Any:
    request = predict_request()
    request.ClearField("model_spec")
    return request


def _changed(change: Callable[[Any], object]) -> Any:
    request = predict_request()
    change(request.inputs[contract.IMAGE_INPUT])
    return request


def _filtered(*names: str) -> Any:
    request = predict_request()
    request.output_filter.extend(names)
    return request


_PARSING = "tensor parsing error: image"


def _provided(name: str) -> str:
    return f"Expects arg[0] to be float but {name} is provided"


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        pytest.param(lambda: predict_request(name="nomodel"), "NOT_FOUND", "Servable not found for request: Latest(nomodel)", id="model"),
        pytest.param(
            lambda: predict_request(version=99), "NOT_FOUND", "Servable not found for request: Specific(painting_genre, 99)", id="version"
        ),
        pytest.param(
            lambda: predict_request(version_label="nope"), "INVALID_ARGUMENT", "Unrecognized servable version label: nope", id="label"
        ),
        pytest.param(_without_spec, "INVALID_ARGUMENT", "Missing ModelSpec", id="no-spec"),
        pytest.param(_nameless, "INVALID_ARGUMENT", "ModelSpec has no name specified.", id="no-name"),
        pytest.param(
            lambda: predict_request(signature_name="wrong_sig"),
            "FAILED_PRECONDITION",
            'Serving signature key "wrong_sig" not found.',
            id="signature",
        ),
        pytest.param(
            _inputs,
            "INVALID_ARGUMENT",
            "input size does not match signature: 0!=1 len({}) != len({image}). Sent extra: {}. Missing but required: {image}.",
            id="no-input",
        ),
        pytest.param(
            lambda: _inputs(image=pixels(), extra=pixels()),
            "INVALID_ARGUMENT",
            "input size does not match signature: 2!=1 len({extra,image}) != len({image}). Sent extra: {extra}. Missing but required: {}.",
            id="extra-input",
        ),
        pytest.param(
            lambda: _inputs(wrong=pixels()),
            "INVALID_ARGUMENT",
            "Signature input alias: image(feed name: serving_default_image:0) not found in request and no default value provided. "
            "Inputs expected to be in the request {wrong}, or default input alias set: ",
            id="wrong-input",
        ),
        pytest.param(lambda: _inputs(image=pixels().astype(np.float64)), "INVALID_ARGUMENT", _provided("double"), id="float64"),
        pytest.param(lambda: _inputs(image=np.array([b"picture"])), "INVALID_ARGUMENT", _provided("string"), id="string"),
        pytest.param(
            lambda: _changed(lambda image: setattr(image, "tensor_content", image.tensor_content[:-4])),
            "INVALID_ARGUMENT",
            _PARSING,
            id="content-too-short",
        ),
    ],
)
def test_a_wrong_request(server: Calls, make: Callable[[], Any], code: str, message: str) -> None:
    assert status_of(lambda: server.predict(make())) == (code, message)


def test_an_empty_batch(server: Calls) -> None:
    alone, empty = server.predict().outputs, server.predict(predict_request(pixels(0))).outputs
    assert set(empty) == set(alone)
    for name, output in empty.items():
        assert [dim.size for dim in output.tensor_shape.dim] == [0, *(dim.size for dim in alone[name].tensor_shape.dim[1:])]
        assert not output.float_val
        assert not output.string_val


def test_values_instead_of_bytes(server: Calls) -> None:
    images = pixels()
    for rows, values in ((images, images.ravel().tolist()), (np.full_like(images, 0.25), [0.25])):
        request = predict_request(rows)
        expected = server.predict(request).outputs[contract.SCORES_OUTPUT].float_val
        request.inputs[contract.IMAGE_INPUT].tensor_content = b""
        request.inputs[contract.IMAGE_INPUT].float_val.extend(values)
        assert server.predict(request).outputs[contract.SCORES_OUTPUT].float_val == expected


def test_output_filter(server: Calls) -> None:
    assert set(server.predict(_filtered("classes")).outputs) == {"classes"}
    expected = ",".join(sorted(server.predict().outputs))
    message = f"output tensor alias not found in signature: nope Outputs expected to be in the set {{{expected}}}."
    assert status_of(lambda: server.predict(_filtered("nope"))) == ("INVALID_ARGUMENT", message)


def test_sixteen_images_in_one_message(server: Calls) -> None:
    request = predict_request(pixels(contract.MAX_BATCH))
    assert 9_000_000 < request.ByteSize() <= contract.MAX_MESSAGE_BYTES
    response = server.predict(request)
    assert response.outputs[contract.SCORES_OUTPUT].tensor_shape.dim[0].size == contract.MAX_BATCH


def test_deadline(server: Calls) -> None:
    code, message = status_of(lambda: server.predict(predict_request(pixels(contract.MAX_BATCH)), timeout=0.001))
    # Whoever notices first, the caller or its connection, words it.
    assert code == "DEADLINE_EXCEEDED"
    assert "Deadline Exceeded" in message


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


def test_wrong_metadata_requests(server: Calls) -> None:
    assert status_of(server.metadata) == ("INVALID_ARGUMENT", "GetModelMetadataRequest must specify at least one metadata_field")
    assert status_of(lambda: server.metadata("foo")) == ("INVALID_ARGUMENT", "Metadata field foo is not supported")
    assert status_of(lambda: server.metadata("signature_def", name="nomodel")) == (
        "NOT_FOUND",
        "Servable not found for request: Latest(nomodel)",
    )
    assert status_of(
        lambda: server.prediction.GetModelMetadata(get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"]))
    ) == (
        "INVALID_ARGUMENT",
        "Missing ModelSpec",
    )


def test_model_status(server: Calls) -> None:
    statuses = server.status()
    versions = [status.version for status in statuses]
    assert versions == sorted(versions, reverse=True)
    assert statuses[0].State.Name(statuses[0].state) == "AVAILABLE"
    assert (statuses[0].status.error_code, statuses[0].status.error_message) == (0, "")
    assert [status.version for status in server.status(version=versions[0])] == versions[:1]
    labelled = get_model_status_pb2.GetModelStatusRequest()
    labelled.model_spec.name = contract.MODEL_NAME
    labelled.model_spec.version_label = "nope"
    assert len(server.models.GetModelStatus(labelled).model_version_status) == len(versions)


def test_wrong_model_status_requests(server: Calls) -> None:
    assert status_of(lambda: server.status(name="nomodel")) == ("NOT_FOUND", "Could not find any versions of model nomodel")
    assert status_of(lambda: server.status(version=99)) == ("NOT_FOUND", "Could not find version 99 of model painting_genre")
    assert status_of(lambda: server.models.GetModelStatus(get_model_status_pb2.GetModelStatusRequest())) == (
        "INVALID_ARGUMENT",
        "Missing ModelSpec",
    )


def test_health(server: Calls) -> None:
    """With --enable_grpc_healthcheck_service, which the embedded server has always on."""
    for service in ("", "PredictionService", "ModelService"):
        assert server.health(service) == "SERVING"
    for service in ("tensorflow.serving.PredictionService", "nobody"):
        assert status_of(lambda service=service: server.health(service))[0] == "NOT_FOUND"


def test_unknown_method(server: Calls) -> None:
    assert status_of(lambda: server.method("Nothing"))[0] == "UNIMPLEMENTED"
