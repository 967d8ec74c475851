"""The gRPC services with TensorFlow Serving's answers.

PredictionService.Predict and GetModelMetadata, ModelService.GetModelStatus and HandleReloadConfigRequest.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import grpc

from gateway.serving.messages import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)
from model_server.labels import Labels
from model_server.litert import Servable
from model_server.model_config import read_model_config
from model_server.predict import predict
from model_server.reload import Reload
from model_server.repository import Repository
from model_server.status import StatusError

log = logging.getLogger(__name__)

_SIGNATURES = "signature_def"

Method = Callable[[Any, Any, grpc.ServicerContext], Any]


def answers_errors(method: Method) -> Method:
    """The one place where an error becomes a status."""

    @wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except StatusError as error:
            code, message = error.code, error.message
        except Exception:
            log.exception("unexpected error in %s", method.__name__)
            code, message = grpc.StatusCode.INTERNAL, "Internal error of the model server, see its log."
        return context.abort(code, message)  # which raises

    return call


class Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):  # type: ignore[misc]
    """tensorflow.serving.PredictionService."""

    def __init__(self, name: str, repository: Repository[Servable], labels: Labels) -> None:
        self._name = name
        self._repository = repository
        self._labels = labels

    @answers_errors
    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 the protocol's name
        """PredictRequest -> PredictResponse."""
        with self._repository.model(self._version(request)) as (version, servable):
            response = predict(servable, request, context.time_remaining)
        response.model_spec.version.value = version
        return response

    @answers_errors
    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """GetModelMetadataRequest -> GetModelMetadataResponse with the field signature_def, the only one there is."""
        _check_spec(request)
        if not request.metadata_field:
            raise _invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != _SIGNATURES:
                raise _invalid(f"Metadata field {field} is not supported")
        with self._repository.model(self._version(request)) as (version, servable):
            signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=servable.signature_defs)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = self._name
        response.model_spec.version.value = version
        response.metadata[_SIGNATURES].Pack(signatures)
        return response

    def _version(self, request: Any) -> int | None:
        """The version that a model_spec asks for, None for the latest. Raises StatusError, for another model NOT_FOUND."""
        _check_spec(request)
        spec = request.model_spec
        if not spec.name:
            raise _invalid("ModelSpec has no name specified.")
        if spec.HasField("version_label"):
            if spec.name != self._name:
                raise _invalid(f"Unrecognized servable version label: {spec.version_label}")
            return self._labels.version(spec.version_label)
        version: int | None = spec.version.value if spec.HasField("version") else None
        if spec.name != self._name:
            wanted = f"Latest({spec.name})" if version is None else f"Specific({spec.name}, {version})"
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
        return version


class Model(model_service_pb2_grpc.ModelServiceServicer):  # type: ignore[misc]
    """tensorflow.serving.ModelService."""

    def __init__(self, name: str, repository: Repository[Servable], reload: Reload) -> None:
        self._name = name
        self._repository = repository
        self._reload = reload

    @answers_errors
    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """GetModelStatusRequest -> GetModelStatusResponse, every version since the start, the highest first; labels are ignored."""
        _check_spec(request)
        spec = request.model_spec
        states = self._repository.states() if spec.name == self._name else []
        if not states:
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {spec.name}")
        if spec.HasField("version"):
            states = [state for state in states if state.version == spec.version.value]
            if not states:
                raise StatusError(grpc.StatusCode.NOT_FOUND, f"Could not find version {spec.version.value} of model {spec.name}")
        response = get_model_status_pb2.GetModelStatusResponse()
        for state in states:
            status = response.model_version_status.add(version=state.version, state=int(state.state))
            if state.error is not None:
                status.status.error_code = state.error.code.value[0]
                status.status.error_message = state.error.message
        return response

    @answers_errors
    def HandleReloadConfigRequest(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """ReloadConfigRequest -> an empty ReloadConfigResponse once the labels are assigned; versions are loaded afterwards."""
        try:
            config = read_model_config(request.config)
        except ValueError as error:
            raise _invalid(str(error)) from error
        self._reload.call(config, context.time_remaining)
        return model_management_pb2.ReloadConfigResponse()


def _check_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise _invalid("Missing ModelSpec")


def _invalid(message: str) -> StatusError:
    return StatusError(grpc.StatusCode.INVALID_ARGUMENT, message)
