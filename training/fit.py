"""The training itself: the head on frozen features, then epoch after epoch over augmented pictures, and the weights that did best."""

import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from gateway.picture.preprocess import to_tensor
from training import measure
from training.augment import AUGMENTATIONS
from training.average import MovingAverage
from training.checkpoint import Checkpoint, Weights
from training.config import Recipe
from training.data import Part, batches
from training.model import HIDDEN, LOGITS, blend, build, head, train_from, trunk_features

PREDICT_BATCH = 64


def outputs_of(model: keras.Model, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What `model` makes of uint8 pictures (n, 224, 224, 3), in order, scaled as the gateway scales them."""
    starts = range(0, max(len(pixels), 1), PREDICT_BATCH)
    return np.concatenate([model.predict_on_batch(to_tensor(pixels[at : at + PREDICT_BATCH])) for at in starts])


def class_weights(labels: npt.NDArray[np.int64], genre_count: int) -> dict[int, float]:
    """A factor for each genre's loss, so that every genre present counts alike and the mean over the pictures is 1."""
    counts = np.bincount(labels, minlength=genre_count)
    present = np.count_nonzero(counts)
    return {genre: float(len(labels) / (present * count)) if count else 0.0 for genre, count in enumerate(counts)}


def train_head(model: keras.Model, recipe: Recipe, train: Part, genre_count: int, seed: int) -> None:
    """Fit the head on the frozen features of the pictures and of their mirror images: seconds instead of hours."""
    trunk, top = trunk_features(model), head(model)
    features = np.concatenate([outputs_of(trunk, train.pixels), outputs_of(trunk, train.pixels[:, :, ::-1])])
    labels = np.concatenate([train.labels, train.labels])
    keras.utils.set_random_seed(seed)
    for name in (HIDDEN, LOGITS):
        model.get_layer(name).kernel.regularizer = keras.regularizers.L2(recipe.head_l2)
    top.compile(
        keras.optimizers.Adam(recipe.head_learning_rate), keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    )
    top.fit(
        features,
        np.eye(genre_count, dtype=np.float32)[labels],
        epochs=recipe.head_epochs,
        batch_size=64,
        class_weight=class_weights(train.labels, genre_count) if recipe.class_weights else None,
        verbose=2,
    )
    for name in (HIDDEN, LOGITS):
        model.get_layer(name).kernel.regularizer = None


def compile_main(model: keras.Model, recipe: Recipe, steps: int) -> None:
    """Ready `model` for the main phase of `recipe`, an epoch of which has `steps` batches."""
    train_from(model, recipe.trained_from)
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.cosine:
        warm_up = max(steps // 2, 1)
        falling = max(recipe.epochs * steps - warm_up, 1)
        rate = keras.optimizers.schedules.CosineDecay(
            0.02 * recipe.learning_rate, falling, alpha=0.02, warmup_target=recipe.learning_rate, warmup_steps=warm_up
        )
    optimizer: keras.optimizers.Optimizer = (
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, global_clipnorm=2.0)
        if recipe.optimizer == "adamw"
        else keras.optimizers.Adam(rate)
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)


def restore(model: keras.Model, checkpoint: Checkpoint) -> None:
    """Put the weights and the optimizer's variables back as they were."""
    model.set_weights(checkpoint.weights)
    for variable, value in zip(model.optimizer.variables, checkpoint.optimizer, strict=True):
        variable.assign(value)


def fit(
    recipe: Recipe,
    train: Part,
    validation: Part,
    *,
    genre_count: int,
    weights: str | None,
    seed: int,
    file: Path,
    told: Callable[[int, dict[str, float]], None],
) -> tuple[Checkpoint, str]:
    """Train, or go on from the checkpoint in `file`; `told` hears of every epoch that is done.

    Returns the last checkpoint, and why it stopped.
    """
    steps = -(-len(train.labels) // recipe.batch_size)
    chosen = strategy()
    if not file.exists():
        begin(recipe, train, genre_count, weights, seed).save(file)
    checkpoint = Checkpoint.load(file)
    with chosen.scope():
        model = build(genre_count, None, seed)
        compile_main(model, recipe, steps)
        restore(model, checkpoint)
        average = MovingAverage(recipe.moving_average, checkpoint.average)
    # Outside the scope, as the head is fitted: predict_on_batch under MirroredStrategy answers once a device.
    judged = build(genre_count, None, seed)
    factors = class_weights(train.labels, genre_count) if recipe.class_weights else None
    stopped = finished(recipe, checkpoint)
    try:
        while stopped is None:
            epoch = len(checkpoint.history)
            began = time.monotonic()
            reseed_dropout(model, seed, epoch)
            augment = AUGMENTATIONS[recipe.augmentation]
            pictures = batches(train, genre_count, recipe.batch_size, augment, seed=seed, epoch=epoch)
            print(f"Epoch {epoch + 1} of at most {recipe.epochs}")
            logs = model.fit(pictures, steps_per_epoch=steps, class_weight=factors, shuffle=False, callbacks=[average]).history
            judged.set_weights(average.weights())
            seen = outputs_of(judged, validation.pixels)
            row = {
                "epoch": epoch + 1,
                "loss": logs["loss"][0],
                "accuracy": logs["accuracy"][0],
                "validation_loss": measure.loss(seen, validation.labels),
                "validation_accuracy": measure.accuracy(seen, validation.labels),
                "validation_balanced_accuracy": measure.balanced_accuracy(seen, validation.labels),
                "seconds": time.monotonic() - began,
            }
            checkpoint.history.append(row)
            checkpoint.weights, checkpoint.average, checkpoint.optimizer = model.get_weights(), average.weights(), _optimizer(model)
            if best_epoch(recipe, checkpoint.history) == epoch:
                checkpoint.best, checkpoint.best_epoch = checkpoint.average, epoch
            checkpoint.save(file)
            told(epoch, row)
            stopped = finished(recipe, checkpoint)
    except KeyboardInterrupt:
        stopped = "interrupted"
    return checkpoint, stopped


def begin(recipe: Recipe, train: Part, genre_count: int, weights: str | None, seed: int) -> Checkpoint:
    """The checkpoint before the first epoch of the main phase: the convolutions as `weights` has them, the head new or fitted on them."""
    model = build(genre_count, weights, seed)
    if recipe.head_epochs:
        train_head(model, recipe, train, genre_count, seed)
    compile_main(model, recipe, 1)
    begun = model.get_weights()
    return Checkpoint(begun, begun, _optimizer(model), start=begun, best=begun)


def strategy() -> tf.distribute.Strategy:
    """All GPUs in mixed precision, one GPU in mixed precision, or the processor in float32: also sets Keras's policy."""
    gpus = tf.config.list_physical_devices("GPU")
    keras.mixed_precision.set_global_policy("mixed_float16" if gpus else "float32")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def best_epoch(recipe: Recipe, history: list[dict[str, float]]) -> int:
    """The index of the epoch to keep."""
    if recipe.keep == "last":
        return len(history) - 1
    return int(np.argmin([row["validation_loss"] for row in history]))


def finished(recipe: Recipe, checkpoint: Checkpoint) -> str | None:
    """Why the training ends after the checkpoint's last epoch, or None where it goes on."""
    history = checkpoint.history
    if recipe.stop_at_accuracy is not None and history:
        lowest = min(history[-1]["accuracy"], history[-1]["validation_accuracy"])
        if lowest >= recipe.stop_at_accuracy:
            return f"training and validation accuracy reached {recipe.stop_at_accuracy:.0%}"
    if recipe.patience is not None and history:
        lowest_loss = int(np.argmin([row["validation_loss"] for row in history]))
        if len(history) - 1 - lowest_loss >= recipe.patience:
            return f"no lower validation loss for {recipe.patience} epochs"
    return f"all {recipe.epochs} epochs are done" if len(history) >= recipe.epochs else None


def blended(recipe: Recipe, checkpoint: Checkpoint, genre_count: int) -> keras.Model:
    """The model to keep: the recipe's share of the kept epoch's weights and the rest of the start's, in float32 however it was trained."""
    keras.mixed_precision.set_global_policy("float32")
    model = build(genre_count, None, seed=0)
    model.set_weights(blend(checkpoint.start, checkpoint.best, recipe.share))
    return model


def reseed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Let dropout's masks depend on the epoch alone, so that a resumed run draws those that the killed one would have drawn."""
    model.get_layer("dropout").seed_generator.state.assign(np.array([seed, epoch], dtype=np.uint32))


def _optimizer(model: keras.Model) -> Weights:
    return [np.array(variable.numpy()) for variable in model.optimizer.variables]
