"""A model server that can be told to misbehave: TensorFlow Serving's Predict and GetModelMetadata, answered with what a test says."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from gateway.serving.messages import get_model_metadata_pb2, predict_pb2

FLOAT, STRING = 1, 7
GENRES = (b"Abstract", b"Expressionism", b"Neoclassicism", b"Primitivism", b"Realism", b"Romanticism", b"Symbolism")
SCORES = (0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05)

Behaviour = Callable[[Any, grpc.ServicerContext], bytes]


def answer(request: Any) -> Any:
    """A PredictResponse that keeps the contract."""
    count = request.inputs["image"].tensor_shape.dim[0].size
    response = predict_pb2.PredictResponse()
    response.model_spec.name = "painting_genre"
    response.model_spec.version.value = 1
    for name, dtype, values in (("scores", FLOAT, SCORES), ("classes", STRING, GENRES)):
        output = response.outputs[name]
        output.dtype = dtype
        for size in (count, len(GENRES)):
            output.tensor_shape.dim.add(size=size)
        (output.float_val if dtype == FLOAT else output.string_val).extend(values * count)
    return response


def good(request: Any, context: grpc.ServicerContext) -> bytes:
    return answer(request).SerializeToString()


def slow(seconds: float) -> Behaviour:
    def behave(request: Any, context: grpc.ServicerContext) -> bytes:
        time.sleep(seconds)
        return good(request, context)

    return behave


def failing(code: grpc.StatusCode, details: str = "no") -> Behaviour:
    return lambda _, context: context.abort(code, details)


def garbage(_request: Any, _context: grpc.ServicerContext) -> bytes:
    return b"\xff\xff\xff\xffno message of any kind"


def changed(edit: Callable[[Any], object]) -> Behaviour:
    """A good answer but for what `edit` does to it."""

    def behave(request: Any, context: grpc.ServicerContext) -> bytes:
        response = answer(request)
        edit(response)
        return response.SerializeToString()

    return behave


class StandIn(grpc.GenericRpcHandler):
    """`predict` is what it does with a picture; `calls` counts those that arrived; `input_name` is in the signature that it shows."""

    def __init__(self) -> None:
        self.predict: Behaviour = good
        self.input_name = "image"
        self.calls = 0
        self._lock = threading.Lock()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """As grpc.GenericRpcHandler has it."""
        method = details.method.rpartition("/")[2]
        found = {
            "Predict": (self._predict, predict_pb2.PredictRequest.FromString),
            "GetModelMetadata": (self._metadata, get_model_metadata_pb2.GetModelMetadataRequest.FromString),
        }.get(method)
        return grpc.unary_unary_rpc_method_handler(found[0], found[1], lambda raw: raw) if found else None

    def _predict(self, request: Any, context: grpc.ServicerContext) -> bytes:
        with self._lock:
            self.calls += 1
        return self.predict(request, context)

    def _metadata(self, request: Any, _context: grpc.ServicerContext) -> bytes:
        signatures = get_model_metadata_pb2.SignatureDefMap()
        signature = signatures.signature_def["serving_default"]
        for tensors, name, dtype, shape in (
            (signature.inputs, self.input_name, FLOAT, (-1, 224, 224, 3)),
            (signature.outputs, "scores", FLOAT, (-1, len(GENRES))),
            (signature.outputs, "classes", STRING, (-1, len(GENRES))),
        ):
            tensors[name].dtype = dtype
            for size in shape:
                tensors[name].tensor_shape.dim.add(size=size)
        response = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)
        response.metadata["signature_def"].Pack(signatures)
        return response.SerializeToString()


@contextmanager
def serving(stand_in: StandIn, port: int, host: str = "127.0.0.1") -> Iterator[None]:
    server = grpc.server(ThreadPoolExecutor(32), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((stand_in,))
    server.add_insecure_port(f"{host}:{port}")
    server.start()
    try:
        yield
    finally:
        server.stop(0).wait()


def main() -> None:
    """python -m tests.faults.stand_in HOST PORT: a process that answers well, for a test that breaks what is around it."""
    host, port = sys.argv[1:]
    with serving(StandIn(), int(port), host):
        threading.Event().wait()


if __name__ == "__main__":
    main()
