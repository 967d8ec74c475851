"""TensorFlow Serving's generated modules, without TensorFlow: what speaks to callers must not wait for it, nor hold its memory.

Importing anything below `tensorflow` runs `tensorflow/__init__.py`: seconds and half a gigabyte. An empty module that only knows where
the package lies stands in for it meanwhile, and is gone afterwards, so that a later real `import tensorflow` works. What is imported
here is found by every later import of the same names; modules of `tensorflow_serving` that are not belong here too.
"""

import sys
from importlib.util import find_spec
from types import ModuleType

_stand_in: ModuleType | None = None
if "tensorflow" not in sys.modules:
    _spec = find_spec("tensorflow")
    if _spec is None or _spec.submodule_search_locations is None:
        raise ModuleNotFoundError("TensorFlow's messages are missing: python requirements/messages.py puts them here.", name="tensorflow")
    _stand_in = ModuleType("tensorflow")
    _stand_in.__path__ = list(_spec.submodule_search_locations)
    sys.modules["tensorflow"] = _stand_in

try:
    from tensorflow.core.framework import tensor_pb2, types_pb2
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_management_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_log_pb2,
        prediction_service_pb2_grpc,
    )
    from tensorflow_serving.config import model_server_config_pb2
finally:
    if _stand_in is not None:
        del sys.modules["tensorflow"]

__all__ = [
    "get_model_metadata_pb2",
    "get_model_status_pb2",
    "model_management_pb2",
    "model_server_config_pb2",
    "model_service_pb2_grpc",
    "predict_pb2",
    "prediction_log_pb2",
    "prediction_service_pb2_grpc",
    "saved_model_pb2",
    "tensor_pb2",
    "types_pb2",
]
