"""The moving average of a model's weights over the steps of a training, which does better on unseen pictures than the last step's.

Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992).
"""

import keras
import numpy as np
import tensorflow as tf

from training.checkpoint import Weights


class MovingAverage(keras.callbacks.Callback):  # type: ignore[misc]
    """An exponential moving average of the model's weights over the steps; of a `share` of 0 it is the weights themselves."""

    def __init__(self, share: float, begun: Weights) -> None:
        super().__init__()
        self._share = share
        self._average = [tf.Variable(array, trainable=False) for array in begun]

    def on_train_batch_end(self, *_: object, **__: object) -> None:
        self._move()

    @tf.function  # type: ignore[untyped-decorator]
    def _move(self) -> None:
        for average, weight in zip(self._average, self.model.weights, strict=True):
            average.assign(self._share * average + (1 - self._share) * weight.value)

    def weights(self) -> Weights:
        return [np.array(average.numpy()) for average in self._average]
