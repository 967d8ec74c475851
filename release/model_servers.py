"""The model servers' gRPC API, as far as a change of versions and labels needs it: all of them are asked, and all must answer."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import grpc

from gateway.contract import MODEL_NAME
from gateway.serving.messages import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)
from release.errors import ReleaseError

CALL_SECONDS = 10.0
POLL_SECONDS = 0.2
# A version that failed before, and was replaced since, shows its old error until the server has looked again.
SETTLE_SECONDS = 3.0

AVAILABLE, END = 30, 50


class ModelServer:
    """The server at `address`, host:port. Methods raise ReleaseError with its name and what it says."""

    def __init__(self, address: str) -> None:
        self.address = address
        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        self._models = model_service_pb2_grpc.ModelServiceStub(channel)
        self._prediction = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def reload(self, config: Any) -> None:
        """Tell it of a ModelServerConfig. Versions are loaded afterwards; labels count at once."""
        self._call(self._models.HandleReloadConfigRequest, model_management_pb2.ReloadConfigRequest(config=config))

    def states(self) -> dict[int, tuple[int, str]]:
        """Of each version that it has seen, the state's number and its error, empty for none."""
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=MODEL_NAME))
        answer = self._call(self._models.GetModelStatus, request)
        return {
            status.version: (status.state, status.status.error_message if status.status.error_code else "")
            for status in answer.model_version_status
        }

    def version(self, label: str) -> int:
        """What `label` means there. GetModelStatus ignores labels, the metadata name the version that they come from."""
        spec = model_pb2.ModelSpec(name=MODEL_NAME, version_label=label)
        request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        return int(self._call(self._prediction.GetModelMetadata, request).model_spec.version.value)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return method(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise ReleaseError(f"{self.address} says {error.code().name}: {error.details()}") from error


def wait_until_available(servers: Iterable[ModelServer], versions: Iterable[int], seconds: float) -> None:
    """Returns when every server has every version. Raises ReleaseError where one cannot be loaded, or is not there in time."""
    start = time.monotonic()
    missing = [(server, version) for server in servers for version in sorted(versions)]
    while missing:
        waited = time.monotonic() - start
        states = {server.address: server.states() for server, _ in missing}
        for server, version in missing:
            state, error = states[server.address].get(version, (0, ""))
            if state == END and error and waited > SETTLE_SECONDS:
                raise ReleaseError(f"{server.address} cannot load version {version}: {error}")
        missing = [(server, version) for server, version in missing if states[server.address].get(version, (0, ""))[0] != AVAILABLE]
        if missing and waited > seconds:
            raise ReleaseError(f"{missing[0][0].address} does not have version {missing[0][1]} after {seconds:g} seconds.")
        if missing:
            time.sleep(POLL_SECONDS)
