import numpy as np
import pytest

from gateway import contract
from gateway.serving.messages import predict_pb2, types_pb2
from gateway.serving.request import model_spec, predict_request


@pytest.mark.parametrize("signature", [contract.PREDICT_SIGNATURE, contract.EXPLAIN_SIGNATURE])
@pytest.mark.parametrize("label", ["", "canary"])
@pytest.mark.parametrize("count", [1, 2, contract.MAX_BATCH])
def test_the_bytes_are_those_of_protobuf(count, label, signature):
    images = np.random.default_rng(count).uniform(-1, 1, (count, *contract.IMAGE_SHAPE)).astype(np.float32)
    message = predict_pb2.PredictRequest(model_spec=model_spec(label, signature))
    tensor = message.inputs[contract.IMAGE_INPUT]
    tensor.dtype = types_pb2.DT_FLOAT
    for size in images.shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = images.tobytes()
    sent = predict_request(images, label, signature)
    assert sent == message.SerializeToString()
    assert predict_pb2.PredictRequest.FromString(sent) == message


def test_pictures_that_do_not_lie_side_by_side_in_memory():
    images = np.random.default_rng(0).uniform(-1, 1, (4, *contract.IMAGE_SHAPE)).astype(np.float32)[::2]
    sent = predict_pb2.PredictRequest.FromString(predict_request(images, "", contract.PREDICT_SIGNATURE))
    assert sent.inputs[contract.IMAGE_INPUT].tensor_content == images.tobytes()


@pytest.mark.parametrize(
    "images",
    [np.zeros(contract.IMAGE_SHAPE, np.float32), np.zeros((1, *contract.IMAGE_SHAPE)), np.zeros((1, 100, 100, 3), np.float32)],
)
def test_what_the_model_does_not_take_is_not_sent(images):
    with pytest.raises(ValueError, match=r"^images must be float32 \(n, 224, 224, 3\), not "):
        predict_request(images, "", contract.PREDICT_SIGNATURE)
