"""One Predict request on one loaded version: used for callers and for warm-up alike."""

from collections.abc import Callable
from typing import Any

import grpc

from gateway.contract import PREDICT_SIGNATURE
from gateway.serving.messages import predict_pb2
from model_server.litert import Servable
from model_server.status import StatusError
from model_server.tensors import check_inputs, output_names, read_inputs, write_output


def predict(servable: Servable, request: Any, remaining_s: Callable[[], float]) -> Any:
    """The PredictResponse for a PredictRequest, without the version in its model_spec.

    The checks come in TensorFlow Serving's order, so that a request with two faults hears of the same one.

    remaining_s: the seconds that are left before the caller's deadline.

    Raises StatusError.
    """
    name = request.model_spec.signature_name or PREDICT_SIGNATURE
    signature = servable.signature(name)
    inputs = read_inputs(signature, request.inputs)
    wanted = output_names(signature, list(request.output_filter))
    check_inputs(signature, request.inputs, batched=servable.batching is not None)
    left = remaining_s()
    if left <= 0:
        raise StatusError(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
    outputs = servable.run(name, inputs, left)
    response = predict_pb2.PredictResponse()
    response.model_spec.name = request.model_spec.name
    response.model_spec.signature_name = name
    for output in wanted:
        write_output(response.outputs[output], outputs[output])
    return response
