"""The warm-up records of a version: requests that a server runs while it loads the version, so that no caller pays for the first ones."""

from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE, MODEL_NAME, PREDICT_SIGNATURE

# Of the signature that nearly all calls ask for, one picture and a batch of several; of the others, which share its layers, one picture.
# Small, for a start waits for every row, and TensorFlow Serving does not start where one has more rows than max_batch_size.
ROWS, OTHER_ROWS = (1, 8), (1,)


def write_warmup(path: Path, signatures: Iterable[str]) -> None:
    """Write `path`, a TFRecord of PredictionLog: for each of `signatures` a request of each of its numbers of rows, of gray pictures.

    A tensor with one value for all its places is a few bytes here and the full batch in the server.
    """
    with tf.io.TFRecordWriter(str(path)) as file:
        for signature in signatures:
            for batch in ROWS if signature == PREDICT_SIGNATURE else OTHER_ROWS:
                request = PredictRequest()
                request.model_spec.name = MODEL_NAME
                request.model_spec.signature_name = signature
                image = request.inputs[IMAGE_INPUT]
                image.dtype = tf.float32.as_datatype_enum
                image.float_val.append(0.1)
                for length in (batch, *IMAGE_SHAPE):
                    image.tensor_shape.dim.add().size = length
                file.write(PredictionLog(predict_log=PredictLog(request=request)).SerializeToString())
