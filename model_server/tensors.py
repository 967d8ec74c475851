"""TensorProtos in and out, in TensorFlow Serving's forms and with its errors.

Stricter than TensorFlow Serving in two things, so that one caller's tensor can neither crash the process nor fail the calls that
share its batch: the shape must be the signature's, and no tensor may grow beyond what a message may carry, as one value
broadcast to a large shape would.
"""

import math
from collections.abc import Mapping
from typing import Any

import grpc
import ml_dtypes
import numpy as np
import numpy.typing as npt

from gateway.contract import MAX_MESSAGE_BYTES
from gateway.serving.messages import types_pb2
from model_server.status import StatusError

Array = npt.NDArray[Any]

# TensorFlow Serving takes any size. Four times the contract's largest call lets a caller with too many rows hear how many are allowed.
MAX_RECEIVED_BYTES = 4 * MAX_MESSAGE_BYTES

# How the values of a dtype travel in a TensorProto, and the field that has them where they are not bytes in tensor_content.
_FIELDS: dict[str, tuple[Any, str]] = {
    "DT_FLOAT": (np.float32, "float_val"),
    "DT_DOUBLE": (np.float64, "double_val"),
    "DT_STRING": (np.object_, "string_val"),
    "DT_BOOL": (np.bool_, "bool_val"),
    "DT_INT64": (np.int64, "int64_val"),
    "DT_UINT32": (np.uint32, "uint32_val"),
    "DT_UINT64": (np.uint64, "uint64_val"),
    "DT_HALF": (np.uint16, "half_val"),
    "DT_BFLOAT16": (np.uint16, "half_val"),
    **{f"DT_{dtype.__name__.upper()}": (dtype, "int_val") for dtype in (np.int8, np.int16, np.int32, np.uint8, np.uint16)},
}
_WIRE = {types_pb2.DataType.Value(name): field for name, field in _FIELDS.items()}
# Two of them are 16 bits on the wire and numbers to numpy.
_MEANT = {types_pb2.DT_HALF: np.float16, types_pb2.DT_BFLOAT16: ml_dtypes.bfloat16}


def read_inputs(signature: Any, inputs: Mapping[str, Any]) -> list[Array]:
    """The request's TensorProtos as arrays, in the order of the signature's sorted input names.

    Checks names only and that each TensorProto is whole; raises StatusError INVALID_ARGUMENT.
    """
    expected = sorted(signature.inputs)
    if len(inputs) != len(expected):
        given = sorted(inputs)
        raise _invalid(
            f"input size does not match signature: {len(given)}!={len(expected)} len({_braced(given)}) != len({_braced(expected)}). "
            f"Sent extra: {_braced(set(given) - set(expected))}. Missing but required: {_braced(set(expected) - set(given))}."
        )
    for name in expected:
        if name not in inputs:
            raise _invalid(
                f"Signature input alias: {name}(feed name: {signature.inputs[name].name}) not found in request and no default value "
                f"provided. Inputs expected to be in the request {_braced(inputs)}, or default input alias set: "
            )
    return [_to_array(name, inputs[name]) for name in expected]


def check_inputs(signature: Any, inputs: Mapping[str, Any], batched: bool) -> None:
    """Raises StatusError INVALID_ARGUMENT where a TensorProto is not of the signature's dtype and shape."""
    for position, name in enumerate(sorted(signature.inputs)):
        info, tensor = signature.inputs[name], inputs[name]
        if tensor.dtype != info.dtype:
            raise _invalid(f"Expects arg[{position}] to be {_type_name(info.dtype)} but {_type_name(tensor.dtype)} is provided")
        shape = [dim.size for dim in tensor.tensor_shape.dim]
        if batched and not shape:
            raise _invalid("Batching Run() input tensors must have at least one dimension")
        wanted = [dim.size for dim in info.tensor_shape.dim]
        if not info.tensor_shape.unknown_rank and not fits(shape, wanted):
            raise _invalid(f"Input {name} must have shape {_shape(wanted)} but {_shape(shape)} is provided")


def output_names(signature: Any, output_filter: list[str]) -> list[str]:
    """The outputs to answer with: all without a filter. Raises StatusError INVALID_ARGUMENT."""
    expected = sorted(signature.outputs)
    for name in output_filter:
        if name not in expected:
            raise _invalid(f"output tensor alias not found in signature: {name} Outputs expected to be in the set {_braced(expected)}.")
    return output_filter or expected


def write_output(proto: Any, array: Array) -> None:
    """`array` into a TensorProto as TensorFlow Serving sends it: float32 in float_val, strings in string_val, never in tensor_content."""
    number = next(number for number in _WIRE if numpy_type(number) == array.dtype)
    dtype, field = _WIRE[number]
    proto.dtype = number
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    flat = array.ravel()
    getattr(proto, field).extend((flat if number == types_pb2.DT_STRING else flat.view(dtype)).tolist())


def numpy_type(number: int) -> Any:
    """What the values of TensorFlow's type `number` are to numpy, objects for strings; None for a type that no call may carry."""
    return _MEANT.get(number, _WIRE.get(number, (None,))[0])


def _to_array(name: str, proto: Any) -> Array:
    """A view of the message's own bytes where it has them. Raises StatusError."""
    problem = _invalid(f"tensor parsing error: {name}")
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.dtype not in _WIRE or proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise problem
    dtype, field = _WIRE[proto.dtype]
    count = math.prod(shape)
    if count * np.dtype(dtype).itemsize > MAX_RECEIVED_BYTES:
        raise _invalid(f"Input {name} of shape {_shape(shape)} is larger than the {MAX_RECEIVED_BYTES} bytes that a call may carry")
    try:
        if proto.tensor_content:
            values = np.frombuffer(proto.tensor_content, dtype)
        else:
            values = np.array(getattr(proto, field), dtype)
            if values.size < count:
                # The last value stands for all that are missing, and none for zeros.
                values = np.pad(values, (0, count - values.size), "edge") if values.size else np.zeros(count, dtype)
        array: Array = values.reshape(shape)
    except (ValueError, OverflowError) as error:  # what numpy says of sizes and values that do not fit
        raise problem from error
    return array if proto.dtype not in _MEANT else array.view(_MEANT[proto.dtype])


def fits(shape: list[int], wanted: list[int]) -> bool:
    """Whether a tensor of `shape` is one of `wanted`, where -1 is any size."""
    return len(shape) == len(wanted) and all(want in (-1, size) for size, want in zip(shape, wanted, strict=True))


def _type_name(number: int) -> str:
    return str(types_pb2.DataType.Name(number)).removeprefix("DT_").lower()


def _braced(names: Any) -> str:
    return "{" + ",".join(sorted(names)) + "}"


def _shape(sizes: list[int]) -> str:
    return "[" + ",".join("?" if size == -1 else str(size) for size in sizes) + "]"


def _invalid(message: str) -> StatusError:
    return StatusError(grpc.StatusCode.INVALID_ARGUMENT, message)
