"""Replays a version's warm-up records, so that what the first calls cost is paid before the version serves."""

from pathlib import Path

import grpc
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from model_server.predict import predict
from model_server.servable import NO_DEADLINE_S, Servable
from model_server.status import StatusError, code_of

WARMUP_FILE = Path("assets.extra") / "tf_serving_warmup_requests"


def warm_up(servable: Servable, path: Path) -> int:
    """Run every record of the version directory `path`, a TFRecord of PredictionLog, and return how many there were.

    Raises StatusError where the file is damaged, a record is no Predict request or one fails: such a version must not serve.
    """
    file = path / WARMUP_FILE
    if not file.exists():
        return 0
    count = 0
    try:
        for record in tf.compat.v1.io.tf_record_iterator(str(file)):
            log = PredictionLog.FromString(record)
            if log.WhichOneof("log_type") != "predict_log":
                raise StatusError(grpc.StatusCode.UNIMPLEMENTED, f"{WARMUP_FILE}: record {count} is no Predict request")
            predict(servable, log.predict_log.request, lambda: NO_DEADLINE_S)
            count += 1
    except tf.errors.OpError as error:
        raise StatusError(code_of(error.error_code), f"{WARMUP_FILE}: {error.message}") from error
    return count
