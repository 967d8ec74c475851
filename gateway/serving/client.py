"""The only module that speaks gRPC: asks TensorFlow Serving, or the embedded model server, which answers the same."""

import json
import random
from collections.abc import Callable
from threading import Lock
from time import monotonic, sleep
from typing import Any, TypeVar

import grpc
import numpy as np
import numpy.typing as npt

from gateway import contract
from gateway.errors import ServingBusy, ServingError, ServingTimeout, ServingUnavailable, WrongModel
from gateway.prediction import Explanation, Prediction, SimilarWork
from gateway.serving import signature
from gateway.serving.messages import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc
from gateway.serving.retry import RetryBudget
from gateway.serving.tls import Identity
from gateway.telemetry.metrics import SERVING_CALLS, latest_version, note_label, note_label_failed

# A check that takes longer than this is a model server that cannot be worked with.
CHECK_SECONDS = 1.0

# A channel that has lost the model server is replaced at most this often.
RENEW_SECONDS = 1.0

# How TensorFlow Serving begins to say that it is there and has too much work, with the code that else means it is not there.
QUEUE_IS_FULL = "The batch scheduling queue"

# How TensorFlow Serving says, with a code that may mean more, that a version has no such signature.
NO_SIMILAR = f'Serving signature key "{contract.SIMILAR_SIGNATURE}" not found.'

# How gRPC's Python says that an answer came whose bytes are no message.
UNREADABLE = "Exception deserializing response"

PREDICT = "/tensorflow.serving.PredictionService/Predict"

# The picture that is sent where the answer's names are wanted and not its scores.
GRAY = np.zeros((1, *contract.IMAGE_SHAPE), np.float32)

# Before a call is made once more, in seconds: half of it, and up to as much again by chance, so that callers who failed together
# do not come back together.
BACKOFF_SECONDS = 0.05

# No retryPolicy: gRPC's own retries are counted by nothing and know nothing of those here. What it repeats without one is what has
# never reached a server.
SERVICE_CONFIG: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}

CHANNEL_OPTIONS = (
    # A proxy that the environment names (http_proxy) is for the way out, and the model server is on the inside.
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    ("grpc.max_send_message_length", contract.MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", contract.MAX_MESSAGE_BYTES),
    # A call whose message does not fit in here is not sent again by gRPC either where a connection went away before it was sent;
    # one picture alone is more than the default of 256 KiB.
    ("grpc.per_rpc_retry_buffer_size", contract.MAX_MESSAGE_BYTES),
    # A returned model server is found again within a second, by every worker: by default the back-off grows to 2 minutes, an
    # attempt to connect may hang for 20 s, and a changed DNS answer is not asked for within 30 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.dns_ares_query_timeout", 1000),
    # A model server that is frozen, or behind a cut cable, keeps its connection. One that has sent nothing for a second while calls
    # wait is asked for a sign of life; without it within one and a half the calls end, and new ones fail at once. The third option
    # is for the pings that measure the bandwidth: while one of them is on its way no other is sent, and it may take a minute.
    ("grpc.keepalive_time_ms", 1000),
    ("grpc.keepalive_timeout_ms", 1500),
    ("grpc.http2.ping_timeout_ms", 1500),
)

_ERRORS: dict[grpc.StatusCode, type[ServingUnavailable | ServingBusy | ServingTimeout | WrongModel]] = {
    grpc.StatusCode.UNAVAILABLE: ServingUnavailable,
    # Nobody here cancels a call: it is what a server that is stopping now and then makes of one that has just arrived.
    grpc.StatusCode.CANCELLED: ServingUnavailable,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ServingBusy,
    grpc.StatusCode.DEADLINE_EXCEEDED: ServingTimeout,
    grpc.StatusCode.NOT_FOUND: WrongModel,
    grpc.StatusCode.INVALID_ARGUMENT: WrongModel,
    grpc.StatusCode.FAILED_PRECONDITION: WrongModel,
    grpc.StatusCode.UNIMPLEMENTED: WrongModel,
}


Answer = TypeVar("Answer")


class TensorFlowServing:
    """A prediction.Classifier. Its channel is made at the first call, for a gRPC channel does not survive gunicorn's fork.

    A call that no server took is made once more while the budget for it lasts. A channel that has lost the model server is replaced:
    where the name resolved to nothing for a while, gRPC asks for it again only with a back-off of up to two minutes, which no option
    bounds.
    """

    def __init__(self, address: str, predict_seconds: float, identity: Identity | None = None, label: str = "") -> None:
        """`address` is host:port; a name with several addresses is balanced round robin over all of them.

        With `identity` both sides show certificates; without, they speak plain text. `label` is of the version to ask, such as stable;
        empty for the highest.
        """
        self._target = f"dns:///{address}"
        self._predict_seconds = predict_seconds
        self._identity = identity
        self._label = label
        self._budget = RetryBudget()
        self._lock = Lock()
        self._stub: _Stub | None = None
        self._connected_at = 0.0

    def classify(self, images: npt.NDArray[np.float32]) -> list[Prediction]:
        """See prediction.Classifier."""
        return self._counted(images, contract.PREDICT_SIGNATURE, signature.predictions)

    def explain(self, images: npt.NDArray[np.float32]) -> list[Explanation]:
        """See prediction.Classifier."""
        return self._counted(images, contract.EXPLAIN_SIGNATURE, signature.explanations)

    def similar(self, images: npt.NDArray[np.float32]) -> list[tuple[SimilarWork, ...]]:
        """See prediction.Classifier. Not counted by the label: it comes beside a call to classify, which is."""
        try:
            _, works = self._predict(images, contract.SIMILAR_SIGNATURE, signature.similar_works)
        except WrongModel as error:
            if isinstance(error.__cause__, grpc.RpcError) and (error.__cause__.details() or "").startswith(NO_SIMILAR):
                return [()] * len(images)
            raise
        return works

    def genres(self) -> tuple[str, ...]:
        """See prediction.Classifier."""
        _, names = self._predict(GRAY, contract.PREDICT_SIGNATURE, signature.genres)
        return names

    def check(self) -> None:
        """Compares the signature that is served with contract.py. See prediction.Classifier."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=signature.model_spec(self._label), metadata_field=["signature_def"]
        )
        try:
            # Once: whoever asks whether the model is there asks again, and an outage must not use up what pictures need after it.
            response = self._attempt("GetModelMetadata", request, monotonic() + CHECK_SECONDS)
        except grpc.RpcError as error:
            raise _serving_error(error) from error
        self._note_version(response)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        try:
            response.metadata["signature_def"].Unpack(signatures)
            signature.compare(signatures)
        except signature.ContractBroken as error:
            raise WrongModel from error

    def _counted(
        self, images: npt.NDArray[np.float32], signature_name: str, read: Callable[[predict_pb2.PredictResponse, int], Answer]
    ) -> Answer:
        """As _predict, for pictures that somebody has sent: what `release promote` compares is counted by the label."""
        start = monotonic()
        try:
            version, answer = self._predict(images, signature_name, read)
        except Exception:
            note_label_failed(self._label, len(images))
            raise
        note_label(self._label, version, len(images), monotonic() - start)
        return answer

    def _predict(
        self, images: npt.NDArray[np.float32], signature_name: str, read: Callable[[predict_pb2.PredictResponse, int], Answer]
    ) -> tuple[int, Answer]:
        """The version that answers, and what `read` makes of its answer."""
        request = signature.predict_request(images, self._label, signature_name)
        try:
            response = self._call("Predict", request, self._predict_seconds)
        except grpc.RpcError as error:
            raise _serving_error(error) from error
        self._note_version(response)
        try:
            return response.model_spec.version.value, read(response, len(images))
        except signature.ContractBroken as error:
            raise WrongModel from error

    def _note_version(self, response: Any) -> None:
        """Which version answers, the canary's aside."""
        if response.model_spec.HasField("version") and self._label != contract.CANARY_LABEL:
            latest_version.note(response.model_spec.version.value)

    def _call(self, method: str, request: Any, seconds: float) -> Any:
        """The answer, after two attempts at most, within `seconds` in all. Raises grpc.RpcError."""
        end = monotonic() + seconds
        try:
            answer = self._attempt(method, request, end)
        except grpc.RpcError as error:
            if not _was_not_taken(error) or not self._budget.spend():
                raise
            sleep(min(random.uniform(0.5, 1.5) * BACKOFF_SECONDS, max(end - monotonic(), 0)))  # noqa: S311 a delay is no secret
            answer = self._attempt(method, request, end)
        self._budget.earn()
        return answer

    def _attempt(self, method: str, request: Any, end: float) -> Any:
        stub = self._connected()
        try:
            return _ask(stub, method, request, max(end - monotonic(), 0.001))
        except grpc.RpcError as error:
            if _was_not_taken(error) and not _queue_is_full(error):
                self._replace(stub)
            raise

    def _replace(self, stub: "_Stub") -> None:
        """The next call makes a new channel in place of that of `stub`, whose calls in flight go on to their ends."""
        with self._lock:
            if self._stub is stub and monotonic() - self._connected_at > RENEW_SECONDS:
                self._stub = None

    def _connected(self) -> "_Stub":
        with self._lock:
            if self._stub is None:
                self._stub = _Stub(self._channel())
                self._connected_at = monotonic()
            return self._stub

    def _channel(self) -> grpc.Channel:
        if self._identity is None:
            return grpc.insecure_channel(self._target, options=CHANNEL_OPTIONS)
        credentials = grpc.ssl_channel_credentials(self._identity.authority, self._identity.key, self._identity.certificate)
        return grpc.secure_channel(self._target, credentials, options=CHANNEL_OPTIONS)


class _Stub(prediction_service_pb2_grpc.PredictionServiceStub):  # type: ignore[misc]
    """The generated one, whose Predict takes a serialized request."""

    def __init__(self, channel: grpc.Channel) -> None:
        super().__init__(channel)
        self.Predict: Any = channel.unary_unary(PREDICT, response_deserializer=predict_pb2.PredictResponse.FromString)


def _ask(stub: _Stub, method: str, request: Any, seconds: float) -> Any:
    """One call and its answer; its code is counted. Raises grpc.RpcError."""
    try:
        response = getattr(stub, method)(request, timeout=seconds)
    except grpc.RpcError as error:
        SERVING_CALLS.labels(method, error.code().name).inc()
        raise
    SERVING_CALLS.labels(method, grpc.StatusCode.OK.name).inc()
    return response


def _was_not_taken(error: grpc.RpcError) -> bool:
    """Whether another server, or the same one in a moment, may well take the call."""
    return _ERRORS.get(error.code()) is ServingUnavailable


def _queue_is_full(error: grpc.RpcError) -> bool:
    return (error.details() or "").startswith(QUEUE_IS_FULL)


def _serving_error(error: grpc.RpcError) -> ServingError | grpc.RpcError:
    """What `error` means to a client. A code that says nothing of the model server's state stays itself, and becomes a 500."""
    if _queue_is_full(error):
        return ServingBusy()
    if (error.details() or "").startswith(UNREADABLE):
        return WrongModel()
    kind = _ERRORS.get(error.code())
    return kind() if kind else error
