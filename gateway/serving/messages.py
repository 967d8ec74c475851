"""TensorFlow Serving's generated gRPC modules, without TensorFlow: for the gateway, the model server and the releases.

The modules of `tensorflow_serving.apis` import `tensorflow.core.*_pb2`, and importing anything below `tensorflow` runs
`tensorflow/__init__.py`: seconds and half a gigabyte for a dozen message classes. An empty module that only knows where the
package lies stands in for it during the import, and is gone afterwards, so that a later real `import tensorflow` works. What is
imported here is found by every later import of the same names; modules that are not belong here too.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def _without_tensorflow() -> Iterator[None]:
    """Its body may import generated modules. Where TensorFlow is imported already it changes nothing."""
    if "tensorflow" in sys.modules:
        yield
        return
    spec = find_spec("tensorflow")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("TensorFlow's messages are missing: python requirements/messages.py puts them here.", name="tensorflow")
    stand_in = ModuleType("tensorflow")
    stand_in.__path__ = list(spec.submodule_search_locations)
    sys.modules["tensorflow"] = stand_in
    try:
        yield
    finally:
        del sys.modules["tensorflow"]


with _without_tensorflow():
    from tensorflow.core.framework import tensor_pb2, types_pb2
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_management_pb2,
        model_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_log_pb2,
        prediction_service_pb2_grpc,
    )
    from tensorflow_serving.config import model_server_config_pb2

__all__ = [
    "get_model_metadata_pb2",
    "get_model_status_pb2",
    "model_management_pb2",
    "model_pb2",
    "model_server_config_pb2",
    "model_service_pb2_grpc",
    "predict_pb2",
    "prediction_log_pb2",
    "prediction_service_pb2_grpc",
    "saved_model_pb2",
    "tensor_pb2",
    "types_pb2",
]
