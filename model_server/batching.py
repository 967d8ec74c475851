"""The batching parameters, read from the file that TensorFlow Serving reads: BatchingParameters in protobuf's text format.

The message's generated module is not part of the package tensorflow-serving-api, so the message is declared here and parsed
by protobuf itself. Fields of it that this server cannot honour are not declared, so that setting one is an error.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from gateway.machine import this_machine

_Field = descriptor_pb2.FieldDescriptorProto


@dataclass(frozen=True)
class Batching:
    """Defaults are TensorFlow Serving's own, but for cores, of which a container's limits are known here.

    max_batch_size: rows in a batch, and in one request.
    batch_timeout_micros: microseconds that a batch waits to be filled.
    max_enqueued_batches: batches that may wait for a thread; beyond it a call gets UNAVAILABLE.
    num_batch_threads: batches computed at a time; as many as cores by default.
    allowed_batch_sizes: rows to pad a batch to, rising up to max_batch_size; empty for no padding.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = field(default_factory=lambda: math.ceil(this_machine().cores))
    allowed_batch_sizes: tuple[int, ...] = ()


def read_batching(text: str) -> Batching:
    """The parameters in `text`. Raises ValueError with one sentence."""
    message = _message_class()()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise ValueError(f"{str(error).removesuffix('.')}.") from error
    scalars = {name: getattr(message, name).value for name in _SCALARS if message.HasField(name)}
    batching = Batching(**scalars, allowed_batch_sizes=tuple(message.allowed_batch_sizes))
    _check(batching)
    return batching


_SCALARS = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")


def _check(batching: Batching) -> None:
    for name in _SCALARS:
        lowest = 0 if name == "batch_timeout_micros" else 1
        if getattr(batching, name) < lowest:
            raise ValueError(f"{name} is {getattr(batching, name)}, it must be at least {lowest}.")
    sizes = batching.allowed_batch_sizes
    if sizes and (sizes[0] < 1 or list(sizes) != sorted(set(sizes)) or sizes[-1] != batching.max_batch_size):
        raise ValueError(f"allowed_batch_sizes {list(sizes)} must be positive, rise and end with max_batch_size {batching.max_batch_size}.")


def _message_class() -> type[Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="batching_parameters.proto", package="tensorflow.serving", syntax="proto3", dependency=[wrappers_pb2.DESCRIPTOR.name]
    )
    # thread_pool_name only names threads: taken, and without effect.
    types = dict.fromkeys(_SCALARS, "Int64Value") | {"thread_pool_name": "StringValue"}
    fields = file.message_type.add(name="BatchingParameters").field
    for number, (name, wrapper) in enumerate(types.items(), start=1):
        fields.add(name=name, number=number, type=_Field.TYPE_MESSAGE, type_name=f".google.protobuf.{wrapper}", label=_Field.LABEL_OPTIONAL)
    fields.add(name="allowed_batch_sizes", number=6, type=_Field.TYPE_INT64, label=_Field.LABEL_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))
