"""The only module that speaks gRPC: asks TensorFlow Serving, or the embedded model server, which answers the same."""

import json
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import grpc
import numpy as np
import numpy.typing as npt

from gateway import contract, signature
from gateway.errors import ServingBusy, ServingError, ServingTimeout, ServingUnavailable, WrongModel
from gateway.prediction import Explanation, Prediction
from gateway.stubs import get_model_metadata_pb2, model_pb2, predict_pb2, prediction_service_pb2_grpc, types_pb2

# A check that takes longer than this is a model server that cannot be worked with.
CHECK_SECONDS = 1.0

# The picture that is sent where the answer's names are wanted and not its scores.
GRAY = np.zeros((1, *contract.IMAGE_SHAPE), np.float32)

SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": "tensorflow.serving.PredictionService"}],
            "retryPolicy": {
                "maxAttempts": 2,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # Where more than one call in ten fails there are no more retries: a server in trouble gets no second helping.
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}

CHANNEL_OPTIONS = (
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    ("grpc.max_send_message_length", contract.MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", contract.MAX_MESSAGE_BYTES),
    # A call whose message does not fit in here is never retried, and one picture alone is more than the default of 256 KiB.
    ("grpc.per_rpc_retry_buffer_size", contract.MAX_MESSAGE_BYTES),
    # A returned model server is found again within a second, by every worker: by default the back-off grows to 2 minutes, an
    # attempt to connect may hang for 20 s, and a changed DNS answer is not asked for within 30 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
)

_ERRORS: dict[grpc.StatusCode, type[ServingUnavailable | ServingBusy | ServingTimeout | WrongModel]] = {
    grpc.StatusCode.UNAVAILABLE: ServingUnavailable,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ServingBusy,
    grpc.StatusCode.DEADLINE_EXCEEDED: ServingTimeout,
    grpc.StatusCode.NOT_FOUND: WrongModel,
    grpc.StatusCode.INVALID_ARGUMENT: WrongModel,
    grpc.StatusCode.FAILED_PRECONDITION: WrongModel,
    grpc.StatusCode.UNIMPLEMENTED: WrongModel,
}


Answer = TypeVar("Answer")


class TensorFlowServing:
    """A prediction.Classifier. Its channel is made at the first call, for a gRPC channel does not survive gunicorn's fork."""

    def __init__(self, address: str, predict_seconds: float) -> None:
        """`address` is host:port; a name with several addresses is balanced round robin over all of them."""
        self._target = f"dns:///{address}"
        self._predict_seconds = predict_seconds
        self._lock = Lock()
        self._stub: prediction_service_pb2_grpc.PredictionServiceStub | None = None

    def classify(self, images: npt.NDArray[np.float32]) -> list[Prediction]:
        """See prediction.Classifier."""
        return self._predict(images, contract.PREDICT_SIGNATURE, signature.predictions)

    def explain(self, images: npt.NDArray[np.float32]) -> list[Explanation]:
        """See prediction.Classifier."""
        return self._predict(images, contract.EXPLAIN_SIGNATURE, signature.explanations)

    def genres(self) -> tuple[str, ...]:
        """See prediction.Classifier."""
        return self._predict(GRAY, contract.PREDICT_SIGNATURE, signature.genres)

    def check(self) -> None:
        """Compares the signature that is served with contract.py. See prediction.Classifier."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=_model_spec(), metadata_field=["signature_def"])
        try:
            response = self._connected().GetModelMetadata(request, timeout=CHECK_SECONDS)
        except grpc.RpcError as error:
            raise _serving_error(error) from error
        signatures = get_model_metadata_pb2.SignatureDefMap()
        try:
            response.metadata["signature_def"].Unpack(signatures)
            signature.compare(signatures)
        except signature.ContractBroken as error:
            raise WrongModel from error

    def _predict(
        self, images: npt.NDArray[np.float32], signature_name: str, read: Callable[[predict_pb2.PredictResponse, int], Answer]
    ) -> Answer:
        if images.shape[1:] != contract.IMAGE_SHAPE or images.dtype != np.float32:
            # TensorFlow Serving dies of a wrong rank.
            raise ValueError(f"images must be float32 (n, 224, 224, 3), not {images.dtype} {images.shape}")
        request = predict_pb2.PredictRequest(model_spec=_model_spec(signature_name))
        tensor = request.inputs[contract.IMAGE_INPUT]
        tensor.dtype = types_pb2.DT_FLOAT
        for size in images.shape:
            tensor.tensor_shape.dim.add(size=size)
        tensor.tensor_content = images.tobytes()
        try:
            response = self._connected().Predict(request, timeout=self._predict_seconds)
        except grpc.RpcError as error:
            raise _serving_error(error) from error
        try:
            return read(response, len(images))
        except signature.ContractBroken as error:
            raise WrongModel from error

    def _connected(self) -> prediction_service_pb2_grpc.PredictionServiceStub:
        with self._lock:
            if self._stub is None:
                channel = grpc.insecure_channel(self._target, options=CHANNEL_OPTIONS)
                self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            return self._stub


def _model_spec(signature_name: str = contract.PREDICT_SIGNATURE) -> model_pb2.ModelSpec:
    return model_pb2.ModelSpec(name=contract.MODEL_NAME, signature_name=signature_name)


def _serving_error(error: grpc.RpcError) -> ServingError | grpc.RpcError:
    """What `error` means to a client. A code that says nothing of the model server's state stays itself, and becomes a 500."""
    kind = _ERRORS.get(error.code())
    return kind() if kind else error
