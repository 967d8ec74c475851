"""On what a training runs: all GPUs of the machine, or its processor."""

import keras
import tensorflow as tf


def strategy() -> tf.distribute.Strategy:
    """All GPUs in mixed precision, one GPU in mixed precision, or the processor in float32: also sets Keras's policy."""
    gpus = tf.config.list_physical_devices("GPU")
    keras.mixed_precision.set_global_policy("mixed_float16" if gpus else "float32")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()
