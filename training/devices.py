"""On what a training runs: the processor, all GPUs of the machine, or several machines as the environment variable TF_CONFIG names them."""

import json
import os
from collections.abc import Callable

import keras
import tensorflow as tf

from training.config import StageError

Share = tuple[int, int]  # a worker's number, from 0, and how many there are


def strategy() -> tf.distribute.Strategy:
    """With a GPU in mixed precision, else in float32: also sets Keras's policy. Workers have to call it before TensorFlow does anything.

    Raises StageError where TF_CONFIG names no worker.
    """
    gpus = tf.config.list_physical_devices("GPU")
    keras.mixed_precision.set_global_policy("mixed_float16" if gpus else "float32")
    if worker()[1] > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def worker() -> Share:
    """Which of the workers of TF_CONFIG this is. The first writes the run. Raises StageError."""
    text = os.environ.get("TF_CONFIG")
    if not text:
        return 0, 1
    try:
        told = json.loads(text)
        cluster, task = told["cluster"], told["task"]
        chiefs = len(cluster.get("chief", ()))
        return int(task["index"]) + (chiefs if task["type"] == "worker" else 0), chiefs + len(cluster.get("worker", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StageError(f"TF_CONFIG names no cluster and task: {error}. Unset it to train on this machine alone.") from error


def shared(
    chosen: tf.distribute.Strategy, batch_size: int, make: Callable[[Share, int], tf.data.Dataset]
) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """What `make` makes of a worker's share and its batch size; each worker makes its own. Raises StageError."""
    if worker()[1] == 1:
        return make((0, 1), batch_size)
    devices = chosen.num_replicas_in_sync
    if batch_size % devices:
        raise StageError(f"A batch of {batch_size} cannot be shared alike among {devices} devices. Set another --batch-size.")
    return chosen.distribute_datasets_from_function(
        lambda context: make((context.input_pipeline_id, context.num_input_pipelines), batch_size // devices)
    )
