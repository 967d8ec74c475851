"""TensorProtos as arrays, without TensorFlow. What goes out: tests/contract/test_table.py."""

from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest

from gateway.serving.messages import tensor_pb2, types_pb2
from model_server.status import StatusError
from model_server.tensors import read_inputs

SIGNATURE = SimpleNamespace(inputs={"image": SimpleNamespace(name="image:0")})


def proto(number, shape, **fields):
    message = tensor_pb2.TensorProto(dtype=number, **fields)
    message.tensor_shape.SetInParent()
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


def read(message):
    return read_inputs(SIGNATURE, {"image": message})[0]


@pytest.mark.parametrize(
    ("number", "fields", "dtype", "expected"),
    [
        (types_pb2.DT_FLOAT, {"float_val": [1, 2, 3]}, np.float32, [1, 2, 3]),
        # The last value stands for all that are missing, and none for zeros.
        (types_pb2.DT_FLOAT, {"float_val": [1, 2]}, np.float32, [1, 2, 2]),
        (types_pb2.DT_FLOAT, {}, np.float32, [0, 0, 0]),
        (types_pb2.DT_DOUBLE, {"double_val": [1]}, np.float64, [1, 1, 1]),
        (types_pb2.DT_UINT8, {"int_val": [1]}, np.uint8, [1, 1, 1]),
        (types_pb2.DT_INT64, {"int64_val": [1]}, np.int64, [1, 1, 1]),
        (types_pb2.DT_BOOL, {"bool_val": [True]}, np.bool_, [True] * 3),
        # Sixteen bits travel as their pattern.
        (types_pb2.DT_HALF, {"half_val": [0x3E00]}, np.float16, [1.5] * 3),
        (types_pb2.DT_BFLOAT16, {"half_val": [0x3FC0]}, ml_dtypes.bfloat16, [1.5] * 3),
    ],
)
def test_values_instead_of_bytes(number, fields, dtype, expected):
    array = read(proto(number, (3,), **fields))
    assert (array.dtype, array.tolist()) == (dtype, expected)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(proto(types_pb2.DT_FLOAT, (2,), tensor_content=b"1234"), id="content-too-short"),
        pytest.param(proto(types_pb2.DT_FLOAT, (1,), tensor_content=b"12345678"), id="content-too-long"),
        pytest.param(proto(types_pb2.DT_FLOAT, (1,), tensor_content=b"123"), id="no-whole-value"),
        pytest.param(proto(types_pb2.DT_FLOAT, (1,), float_val=[1, 2]), id="too-many-values"),
        pytest.param(proto(types_pb2.DT_UINT8, (1,), int_val=[256]), id="too-large-a-value"),
        pytest.param(proto(types_pb2.DT_STRING, (1,), tensor_content=b"12345678"), id="strings-as-content"),
        pytest.param(proto(types_pb2.DT_INVALID, (1,)), id="DT_INVALID"),
        pytest.param(proto(types_pb2.DT_RESOURCE, (1,)), id="resource"),
        pytest.param(proto(types_pb2.DT_FLOAT, (-1,)), id="negative"),
    ],
)
def test_what_is_not_whole(message):
    with pytest.raises(StatusError, match=r"^tensor parsing error: image$"):
        read(message)


def test_more_than_a_call_may_carry():
    with pytest.raises(StatusError, match=r"^Input image of shape \[1000000000000,1000000000000\] is larger than"):
        read(proto(types_pb2.DT_FLOAT, (10**12, 10**12), float_val=[0]))
