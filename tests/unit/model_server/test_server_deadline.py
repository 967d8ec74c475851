"""The time that a caller leaves reaches what computes, through every layer."""

from pathlib import Path
from types import SimpleNamespace

import grpc
import numpy as np
import pytest

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE, MODEL_NAME
from gateway.serving.messages import predict_pb2, types_pb2
from model_server.labels import Labels
from model_server.litert import Servable
from model_server.repository import Repository
from model_server.servicer import Prediction

REPOSITORY = Path(__file__).resolve().parents[3] / "model_repository" / "painting_genre"


class Ended(Exception):
    """What a context's abort raises."""


def abort(code: grpc.StatusCode, message: str) -> None:
    raise Ended(code, message)


@pytest.mark.parametrize("left", [0, 1e-9], ids=["none", "too-little"])
def test_a_call_past_its_deadline_is_not_computed(left: float) -> None:
    repository = Repository(MODEL_NAME, REPOSITORY, lambda _, path: Servable(path, None))
    repository.poll()
    request = predict_pb2.PredictRequest()
    request.model_spec.name = MODEL_NAME
    image = request.inputs[IMAGE_INPUT]
    image.dtype = types_pb2.DT_FLOAT
    for size in (1, *IMAGE_SHAPE):
        image.tensor_shape.dim.add(size=size)
    image.tensor_content = np.zeros(IMAGE_SHAPE, np.float32).tobytes()
    prediction = Prediction(MODEL_NAME, repository, Labels(MODEL_NAME))
    with pytest.raises(Ended) as error:
        prediction.Predict(request, SimpleNamespace(time_remaining=lambda: left, abort=abort))
    assert error.value.args == (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
    answer = prediction.Predict(request, SimpleNamespace(time_remaining=lambda: 600.0, abort=abort))
    assert len(answer.outputs) > 0
    repository.close()
