"""On what a training runs: all GPUs of the machine or of all workers, or their processors."""

import signal

import keras
import tensorflow as tf

from training.cluster import Cluster
from training.hints import counted


def strategy(cluster: Cluster) -> tf.distribute.Strategy:
    """All GPUs in mixed precision, one GPU in mixed precision, or the processor in float32: also sets Keras's policy.

    Of a cluster those of all workers: then this waits for them, and comes before TensorFlow computes anything.
    """
    gpus = tf.config.list_physical_devices("GPU")
    keras.mixed_precision.set_global_policy("mixed_float16" if gpus else "float32")
    if cluster.workers:
        # It waits where Python's handler of Ctrl-C does not come to run, and leaves a handler for which a SIGTERM ends nothing.
        python_s = signal.signal(signal.SIGINT, signal.SIG_DFL)
        together = tf.distribute.MultiWorkerMirroredStrategy()
        signal.signal(signal.SIGINT, python_s)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        return together
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def in_words(cluster: Cluster) -> str:
    """On what: TensorFlow's own lines, which would tell of a GPU that cannot be used, are turned off."""
    gpus = len(tf.config.list_physical_devices("GPU"))
    here = counted(gpus, "GPU") if gpus else "the processor, as TensorFlow finds no GPU"
    return f"{here}; worker {cluster.index + 1} of {len(cluster.workers)}" if cluster.workers else here
