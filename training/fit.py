"""The training itself: the head on frozen features, then epoch after epoch over augmented pictures, under the callbacks."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from gateway.picture.preprocess import to_tensor
from training import measure
from training.augment import AUGMENTATIONS
from training.callbacks import KEPT, Row, callbacks, lowest_loss, resume, snapshot, why_stopped
from training.config import Recipe
from training.data import Part, chances, class_weights, epochs, in_order
from training.devices import strategy
from training.features import features
from training.model import HIDDEN, LOGITS, blend, build, head, train_from, trunk_features
from training.progress import Progress
from training.whole import whole

PREDICT_BATCH = 64
START = "start.weights.h5"  # the weights before the main phase


def fit(
    recipe: Recipe,
    train: Part,
    validation: Part,
    *,
    genre_count: int,
    weights: str | None,
    seed: int,
    out: Path,
    as_json: bool = False,
    more: Sequence[keras.callbacks.Callback] = (),
) -> tuple[list[Row], str]:
    """Train, or go on after the last full epoch of which `out` has a snapshot.

    Returns the rows of all epochs, and why it stopped.
    """
    steps = -(-len(train.labels) // recipe.batch_size)
    chosen = strategy()
    if not (out / START).exists():
        begin(recipe, train, build(genre_count, weights, seed, recipe), out / START, seed=seed, as_json=as_json)
    with chosen.scope():
        model = build(genre_count, None, seed, recipe)
        model.load_weights(out / START)
        compile_main(model, recipe, steps)
    rows = resume(out)
    stopped = partial(why_stopped, recipe)
    if stopped(rows) is None:
        # Keras asks that the first batch can be shared alike among the devices.
        devices = chosen.num_replicas_in_sync
        even = max(min(PREDICT_BATCH, len(validation.labels)) // devices, 1) * devices
        told = [*callbacks(recipe, out, rows, seed, stopped, as_json=as_json), *more]
        try:
            model.fit(
                epochs(
                    train,
                    genre_count,
                    recipe.batch_size,
                    partial(AUGMENTATIONS[recipe.augmentation], recipe=recipe),
                    seed=seed,
                    numbers=range(len(rows), recipe.epochs),
                    sampling=recipe.sampling,
                ),
                validation_data=in_order(validation, genre_count, even),
                initial_epoch=len(rows),
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                shuffle=False,
                class_weight=class_weights(train.labels, genre_count) if recipe.class_weights else None,
                callbacks=told,
                verbose=0,
            )
        except KeyboardInterrupt:
            for callback in told:
                callback.on_train_end()
            return resume(out), "interrupted"
    return rows, str(stopped(rows))


def begin(recipe: Recipe, train: Part, model: keras.Model, file: Path, *, seed: int, as_json: bool) -> None:
    """Write the weights before the first epoch of the main phase: the head of the new `model` as it is, or fitted on the frozen rest."""
    if recipe.head_epochs:
        train_head(model, recipe, train, seed, as_json)
    with whole(file) as beside:
        model.save_weights(beside)


def train_head(model: keras.Model, recipe: Recipe, train: Part, seed: int, as_json: bool) -> None:
    """Fit the head on the frozen features of the pictures and of their mirror images: minutes instead of hours."""
    trunk, top, genre_count = trunk_features(model), head(model), model.output.shape[-1]
    seen = np.concatenate([features(trunk, train.pixels), features(trunk, train.pixels[:, :, ::-1])])
    targets = np.concatenate([train.targets(genre_count)] * 2)
    keras.utils.set_random_seed(seed)
    for name in (HIDDEN, LOGITS):
        model.get_layer(name).kernel.regularizer = keras.regularizers.L2(recipe.head_l2)
    top.compile(
        keras.optimizers.Adam(recipe.head_learning_rate), keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    )
    top.fit(
        seen,
        targets,
        epochs=recipe.head_epochs,
        batch_size=64,
        sample_weight=np.tile(chances(train) * len(train.labels), 2) if recipe.sampling == "by_artist" else None,
        class_weight=class_weights(train.labels, genre_count) if recipe.class_weights else None,
        callbacks=[Progress("head", as_json=as_json)],
        verbose=0,
    )
    for name in (HIDDEN, LOGITS):
        model.get_layer(name).kernel.regularizer = None


def compile_main(model: keras.Model, recipe: Recipe, steps: int) -> None:
    """Ready `model` for the main phase of `recipe`, an epoch of which has `steps` batches."""
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
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, global_clipnorm=recipe.clip_norm, **averaged)
        if recipe.optimizer == "adamw"
        else keras.optimizers.Adam(rate, **averaged)
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    plain = keras.metrics.CategoricalCrossentropy(name="cross_entropy")  # without smoothing or weights
    model.compile(optimizer, loss, metrics=["accuracy", plain, BalancedAccuracy(model.output.shape[-1])])


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


def kept(recipe: Recipe, genre_count: int, out: Path, rows: list[Row], judged: Sequence[Part] = ()) -> tuple[keras.Model, int, Row]:
    """The model to keep, in float32 however it was trained, its epoch, from 1, and what chose its share of that epoch's weights.

    The rest are the start's. Of several shares in the recipe it is the one with the highest mean of accuracy and mean recall over the
    parts `judged`, without pictures there the first; the last of what is returned has that mean by share, and "chosen". Before the first
    full epoch the start is kept, and the epoch is 0.
    """
    keras.mixed_precision.set_global_policy("float32")
    model = build(genre_count, None, 0, recipe)
    model.load_weights(out / START)
    last = snapshot(out)
    if last is None:
        return model, 0, {"chosen": 0.0}
    start = model.get_weights()
    model.load_weights(last / KEPT)
    end = model.get_weights()
    found: Row = {}
    judges = [part for part in judged if part.rows]
    for share in recipe.shares if judges and len(recipe.shares) > 1 else ():
        model.set_weights(blend(start, end, share))
        scores = [(outputs_of(model, part.pixels), part.labels) for part in judges]
        found[str(share)] = float(np.mean([[measure.accuracy(*one), measure.balanced_accuracy(*one)] for one in scores]))
    # Of equal ones the largest, which keeps most of what was learned.
    share = max(recipe.shares, key=lambda share: (found[str(share)], share)) if found else recipe.shares[0]
    model.set_weights(blend(start, end, share))
    return model, (len(rows) if recipe.keep == "last" else lowest_loss(rows) + 1), {**found, "chosen": share}


def outputs_of(model: keras.Model, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What `model` makes of uint8 pictures (n, 224, 224, 3), in order, scaled as the gateway scales them."""
    starts = range(0, max(len(pixels), 1), PREDICT_BATCH)
    return np.concatenate([model.predict_on_batch(to_tensor(pixels[at : at + PREDICT_BATCH])) for at in starts])
