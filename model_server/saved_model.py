"""What a SavedModel says of itself, read without TensorFlow, with TensorFlow Serving's errors."""

from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from gateway.serving.messages import saved_model_pb2
from model_server.status import StatusError

FILE = "saved_model.pb"
TAG = "serve"
PREDICT_METHOD = "tensorflow/serving/predict"


def read_signature_defs(path: Path) -> dict[str, Any]:
    """The SignatureDef protos by name of the version directory `path`. Raises StatusError as TensorFlow Serving does of a broken one."""
    file = path / FILE
    if not file.is_file():
        raise StatusError(
            grpc.StatusCode.NOT_FOUND,
            "Specified file path does not appear to contain a SavedModel bundle "
            f"(should have a file called `{FILE}`)\nSpecified file path: {path}",
        )
    try:
        saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    except DecodeError as error:  # which is how a file cut short shows
        raise StatusError(grpc.StatusCode.OUT_OF_RANGE, "Read less bytes than requested") from error
    for meta_graph in saved_model.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == {TAG}:
            return {name: _copy(signature) for name, signature in meta_graph.signature_def.items()}
    raise StatusError(
        grpc.StatusCode.NOT_FOUND,
        f"Could not find meta graph def matching supplied tags: {{ {TAG} }}. To inspect available "
        "tag-sets in the SavedModel, please use the SavedModel CLI: `saved_model_cli`",
    )


def callable_signature(signature_defs: dict[str, Any], name: str) -> Any:
    """The SignatureDef, only of a signature for Predict; raises StatusError FAILED_PRECONDITION without one."""
    signature = signature_defs.get(name)
    if signature is None or signature.method_name != PREDICT_METHOD:
        raise StatusError(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
    return signature


def _copy(signature: Any) -> Any:
    """A proto of its own: one that is part of the SavedModel would keep all of it, weights included, in memory."""
    copy = type(signature)()
    copy.CopyFrom(signature)
    return copy
