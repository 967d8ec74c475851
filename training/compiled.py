"""What the main phase minimizes, how, and what is measured of an epoch."""

import keras
import tensorflow as tf

from training.config import Recipe
from training.model import train_from


def compile_main(model: keras.Model, recipe: Recipe, steps: int, devices: int = 1) -> list[keras.metrics.Metric]:
    """Ready `model` for the main phase of `recipe`, an epoch of which has `steps` batches: for `several.train` with more devices than one.

    Returns the metrics of an epoch, beside the loss.
    """
    train_from(model, recipe.trained_from)
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.cosine:
        warm_up = max(int(steps * recipe.warm_up), 1)
        falling = max(recipe.epochs * steps - warm_up, 1)
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.lowest_rate * recipe.learning_rate,
            falling,
            alpha=recipe.lowest_rate,
            warmup_target=recipe.learning_rate,
            warmup_steps=warm_up,
        )
    averaged = {"use_ema": True, "ema_momentum": recipe.ema_momentum} if recipe.ema_momentum else {}
    optimizer: keras.optimizers.Optimizer = (
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, global_clipnorm=recipe.clip_norm / devices, **averaged)
        if recipe.optimizer == "adamw"
        else keras.optimizers.Adam(rate, **averaged)
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    plain = keras.metrics.CategoricalCrossentropy(name="cross_entropy")  # without smoothing or weights
    metrics = [keras.metrics.CategoricalAccuracy("accuracy"), plain, BalancedAccuracy(model.output.shape[-1])]
    model.compile(optimizer, loss, metrics=metrics)
    return metrics


class BalancedAccuracy(keras.metrics.Metric):  # type: ignore[misc]
    """The mean recall of the genres that occurred."""

    def __init__(self, genre_count: int) -> None:
        super().__init__(name="balanced_accuracy")
        self._right, self._seen = (self.add_weight((genre_count,), "zeros", name=name) for name in ("right", "seen"))

    def update_state(self, labels: tf.Tensor, scores: tf.Tensor, sample_weight: tf.Tensor | None = None) -> None:
        right = tf.cast(tf.argmax(scores, axis=1) == tf.argmax(labels, axis=1), tf.float32)
        labels = tf.cast(labels, tf.float32)
        if sample_weight is not None:
            labels *= sample_weight[:, tf.newaxis]
        self._right.assign_add(tf.reduce_sum(labels * right[:, tf.newaxis], axis=0))
        self._seen.assign_add(tf.reduce_sum(labels, axis=0))

    def result(self) -> tf.Tensor:
        recalls = tf.math.divide_no_nan(self._right.value, self._seen.value)
        return tf.reduce_sum(recalls) / tf.cast(tf.math.count_nonzero(self._seen.value), tf.float32)
