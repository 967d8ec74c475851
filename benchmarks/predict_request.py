"""What is asked of a model server when it alone is measured."""

import numpy as np

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE, MODEL_NAME, PREDICT_SIGNATURE
from gateway.serving.messages import predict_pb2, types_pb2


def predict_request(pictures: int = 1, signature: str = PREDICT_SIGNATURE) -> predict_pb2.PredictRequest:
    """A call with so many pictures of noise."""
    message = predict_pb2.PredictRequest()
    message.model_spec.name = MODEL_NAME
    message.model_spec.signature_name = signature
    shape = (pictures, *IMAGE_SHAPE)
    tensor = message.inputs[IMAGE_INPUT]
    tensor.dtype = types_pb2.DT_FLOAT
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32).tobytes()
    return message
