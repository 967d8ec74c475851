"""TensorProtos to arrays and back, without TensorFlow."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.serving.messages import tensor_pb2, types_pb2
from model_server.status import StatusError
from model_server.tensors import read_inputs, write_output

ROOT = Path(__file__).resolve().parents[3]
SIGNATURE = SimpleNamespace(inputs={"image": SimpleNamespace(name="image:0")})


def proto(number, shape, **fields):
    message = tensor_pb2.TensorProto(dtype=number, **fields)
    message.tensor_shape.SetInParent()
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


def read(message):
    return read_inputs(SIGNATURE, {"image": message})[0]


def test_bytes_are_not_copied_again():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    values = read(proto(types_pb2.DT_FLOAT, (2, 3), tensor_content=array.tobytes()))
    np.testing.assert_array_equal(values, array)
    assert not values.flags.owndata


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 2, 3, 4], [1, 2, 3, 4]), ([1, 2], [1, 2, 2, 2]), ([7], [7] * 4), ([], [0] * 4)],
    ids=["all", "last-again", "one", "none"],
)
def test_values(values, expected):
    array = read(proto(types_pb2.DT_FLOAT, (2, 2), float_val=values))
    assert (array.dtype, array.ravel().tolist()) == (np.float32, expected)


@pytest.mark.parametrize(
    ("number", "field", "dtype"),
    [
        (types_pb2.DT_DOUBLE, "double_val", np.float64),
        (types_pb2.DT_INT32, "int_val", np.int32),
        (types_pb2.DT_UINT8, "int_val", np.uint8),
        (types_pb2.DT_INT64, "int64_val", np.int64),
        (types_pb2.DT_BOOL, "bool_val", np.bool_),
    ],
)
def test_types(number, field, dtype):
    array = read(proto(number, (2,), **{field: [1, 0]}))
    assert (array.dtype, array.tolist()) == (dtype, [1, 0])


@pytest.mark.parametrize(("number", "dtype"), [(types_pb2.DT_HALF, np.float16), (types_pb2.DT_BFLOAT16, ml_dtypes.bfloat16)])
def test_sixteen_bits_travel_as_their_pattern(number, dtype):
    pattern = np.array([1.5], dtype).view(np.uint16).tolist()
    assert read(proto(number, (2,), half_val=pattern)).tolist() == [1.5, 1.5]


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


@given(some.lists(some.floats(width=32, allow_nan=False), min_size=1, max_size=9))
def test_scores_go_out_as_values_and_come_back(values):
    message = tensor_pb2.TensorProto()
    write_output(message, np.array([values], np.float32))
    assert not message.tensor_content
    assert [dim.size for dim in message.tensor_shape.dim] == [1, len(values)]
    assert list(message.float_val) == values
    assert read(message).tolist() == [values]


def test_names_go_out_as_strings():
    message = tensor_pb2.TensorProto()
    write_output(message, np.array([[b"Realism", b"Symbolism"]], object))
    assert (message.dtype, list(message.string_val)) == (types_pb2.DT_STRING, [b"Realism", b"Symbolism"])


def test_the_server_does_not_import_tensorflow():
    program = "import sys, model_server.server; sys.exit(any(name in sys.modules for name in ('tensorflow', 'tensorflow.python')))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
