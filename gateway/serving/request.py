"""PredictRequests as the bytes that gRPC sends.

Protobuf's own way copies the pictures into a message and out of it again. They are the last field of a PredictRequest, so that what
stands before them is the same for all of one shape.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gateway import contract
from gateway.serving.messages import model_pb2, predict_pb2, types_pb2


def model_spec(label: str, signature_name: str = contract.PREDICT_SIGNATURE) -> model_pb2.ModelSpec:
    """`label` is a version label, or "" for the latest version."""
    # None leaves the choice of a version out.
    return model_pb2.ModelSpec(name=contract.MODEL_NAME, signature_name=signature_name, version_label=label or None)


def predict_request(images: npt.NDArray[np.float32], label: str, signature_name: str) -> bytes:
    """A serialized PredictRequest that asks `signature_name` about `images`, float32 (n, 224, 224, 3).

    Raises ValueError for any other shape or type: TensorFlow Serving dies of a wrong rank.
    """
    if images.shape[1:] != contract.IMAGE_SHAPE or images.dtype != np.float32:
        raise ValueError(f"images must be float32 (n, 224, 224, 3), not {images.dtype} {images.shape}")
    return b"".join((_before(images.shape, label, signature_name), np.ascontiguousarray(images).data))


@lru_cache(maxsize=64)
def _before(shape: tuple[int, ...], label: str, signature_name: str) -> bytes:
    request = predict_pb2.PredictRequest(model_spec=model_spec(label, signature_name))
    tensor = request.inputs[contract.IMAGE_INPUT]
    tensor.dtype = types_pb2.DT_FLOAT
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    # Its length stands before it.
    tensor.tensor_content = bytes(shape[0] * contract.IMAGE_BYTES)
    whole: bytes = request.SerializeToString()
    return whole[: len(whole) - len(tensor.tensor_content)]
