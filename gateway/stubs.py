"""TensorFlow Serving's generated gRPC modules, without TensorFlow.

The modules of `tensorflow_serving.apis` import `tensorflow.core.*_pb2`, and importing anything below `tensorflow` runs
`tensorflow/__init__.py`: seconds and half a gigabyte for a dozen message classes. An empty module that only knows where the
package lies stands in for it during the import, and is gone afterwards, so that a later real `import tensorflow` works.
"""

import sys
from importlib.util import find_spec
from types import ModuleType

_stand_in: ModuleType | None = None
if "tensorflow" not in sys.modules:
    _spec = find_spec("tensorflow")
    if _spec is None or _spec.submodule_search_locations is None:
        raise ModuleNotFoundError("No TensorFlow messages are installed: see requirements/model_server.txt.", name="tensorflow")
    _stand_in = ModuleType("tensorflow")
    _stand_in.__path__ = list(_spec.submodule_search_locations)
    sys.modules["tensorflow"] = _stand_in

try:
    from tensorflow.core.framework import tensor_pb2, types_pb2
    from tensorflow_serving.apis import get_model_metadata_pb2, model_pb2, predict_pb2, prediction_service_pb2_grpc
finally:
    if _stand_in is not None:
        del sys.modules["tensorflow"]

__all__ = ["get_model_metadata_pb2", "model_pb2", "predict_pb2", "prediction_service_pb2_grpc", "tensor_pb2", "types_pb2"]
