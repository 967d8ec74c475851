"""On what a training runs: all GPUs of the machine, or its processor."""

import keras
import tensorflow as tf

from training.hints import counted


def strategy() -> tf.distribute.Strategy:
    """All GPUs in mixed precision, one GPU in mixed precision, or the processor in float32: also sets Keras's policy."""
    gpus = tf.config.list_physical_devices("GPU")
    keras.mixed_precision.set_global_policy("mixed_float16" if gpus else "float32")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def in_words() -> str:
    """On what: TensorFlow's own lines, which would tell of a GPU that cannot be used, are turned off."""
    gpus = len(tf.config.list_physical_devices("GPU"))
    return counted(gpus, "GPU") if gpus else "the processor, as TensorFlow finds no GPU"
