"""The calls that the tests make to a model server."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import grpc
import numpy as np
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE, MODEL_NAME
from gateway.serving.messages import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    types_pb2,
)

# Of every call and condition: it ends what hangs, and is no verdict.
TIMEOUT_S = 300

DTYPES = {"float32": types_pb2.DT_FLOAT, "float64": types_pb2.DT_DOUBLE}


class Calls:
    """A caller of the server at `address`."""

    def __init__(self, address: str) -> None:
        self.address = address
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.insecure_channel(address, options=options)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def predict(self, request: Any = None, timeout: float = TIMEOUT_S) -> Any:
        return self.prediction.Predict(request or predict_request(), timeout=timeout)

    def status(self, **spec: Any) -> Any:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = spec.pop("name", MODEL_NAME)
        if spec:
            request.model_spec.version.value = spec["version"]
        return self.models.GetModelStatus(request, timeout=TIMEOUT_S).model_version_status

    def states(self) -> dict[int, str]:
        return {status.version: status.State.Name(status.state) for status in self.status()}

    def reload(self, base_path: str, versions: Iterable[int], **labels: int) -> None:
        """Only these `versions`; none of them for the default, the highest."""
        request = model_management_pb2.ReloadConfigRequest()
        model = request.config.model_config_list.config.add(name=MODEL_NAME, base_path=base_path, model_platform="tensorflow")
        if versions:
            model.model_version_policy.specific.versions.extend(versions)
        for label, version in labels.items():
            model.version_labels[label] = version
        self.models.HandleReloadConfigRequest(request, timeout=TIMEOUT_S)

    def metadata(self, *fields: str, name: str = MODEL_NAME) -> Any:
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
        request.model_spec.name = name
        return self.prediction.GetModelMetadata(request, timeout=TIMEOUT_S)

    def health(self, service: str = "") -> str:
        answer = HealthStub(self.channel).Check(HealthCheckRequest(service=service), timeout=TIMEOUT_S)
        return HealthCheckResponse.ServingStatus.Name(answer.status)


def until(condition: Callable[[], Any], timeout: float = TIMEOUT_S) -> Any:
    """The condition's first true value."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.02)
    return value


def pixels(rows: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (rows, *IMAGE_SHAPE)).astype(np.float32)


def predict_request(images: np.ndarray | None = None, **spec: Any) -> Any:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = spec.pop("name", MODEL_NAME)
    if "version" in spec:
        request.model_spec.version.value = spec.pop("version")
    for key, value in spec.items():
        setattr(request.model_spec, key, value)
    put(request, IMAGE_INPUT, pixels() if images is None else images)
    return request


def put(request: Any, name: str, array: np.ndarray) -> None:
    """The array's bytes in tensor_content, which is the fastest form. Strings have no such form."""
    tensor = request.inputs[name]
    tensor.tensor_shape.SetInParent()
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if array.dtype.kind == "S":
        tensor.dtype = types_pb2.DT_STRING
        tensor.string_val.extend(array.ravel().tolist())
    else:
        tensor.dtype = DTYPES[array.dtype.name]
        tensor.tensor_content = array.tobytes()


def status_of(call: Callable[[], object]) -> tuple[str, str]:
    """The gRPC code's name and the message that a call ends with."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name, error.details()
    return "OK", ""
