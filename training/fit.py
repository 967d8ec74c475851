"""The training itself: the head on frozen features, then epoch after epoch over augmented pictures, under the callbacks."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from gateway.picture.preprocess import to_tensor
from training import measure, several
from training.augment import AUGMENTATIONS
from training.callbacks import KEPT, Row, callbacks, lowest_loss, resume, rows_of, snapshot, why_stopped
from training.cluster import ALONE, Cluster
from training.compiled import compile_main
from training.config import Recipe
from training.data import Part, Share, chances, class_weights, epochs, in_order
from training.devices import strategy
from training.features import features
from training.model import HIDDEN, LOGITS, blend, build, head, trunk_features
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
    cluster: Cluster = ALONE,
    asked: str = "",
) -> tuple[list[Row], str]:
    """Train, or go on after the last full epoch of which `out` has a snapshot. Of a `cluster` the chief alone writes there.

    asked: what has to be the same for all workers. Returns the rows of all epochs, and why it stopped.
    """
    stopped = partial(why_stopped, recipe)
    done = stopped(rows_of(out))
    if done is not None:
        # No other worker is needed, and one that has ended comes no more.
        return resume(out) if cluster.is_chief else [], done
    chosen = strategy(cluster)
    steps, devices = -(-len(train.labels) // recipe.batch_size), chosen.num_replicas_in_sync
    if not (out / START).exists() and cluster.is_chief:
        begin(recipe, train, build(genre_count, weights, seed, recipe), out / START, seed=seed, as_json=as_json)
    with several.folder_of(cluster, chosen, out, START, f"{asked} {keras.config.dtype_policy().name}") as own:
        with chosen.scope():
            model = build(genre_count, None, seed, recipe)
            model.load_weights(own / START)
            metrics = compile_main(model, recipe, steps, devices)
        rows = resume(own)
        share = Share(cluster.index, max(len(cluster.workers), 1), devices) if devices > 1 else None
        numbers = range(len(rows), recipe.epochs)
        batches = epochs(
            train,
            genre_count,
            recipe.batch_size,
            partial(AUGMENTATIONS[recipe.augmentation], recipe=recipe),
            seed=seed,
            numbers=numbers,
            sampling=recipe.sampling,
            share=share,
        )
        judged = in_order(validation, genre_count, min(PREDICT_BATCH * devices, len(validation.labels)), share)
        factors = class_weights(train.labels, genre_count) if recipe.class_weights else None
        # Each worker draws masks of its own for dropout.
        told = [*callbacks(recipe, own, rows, seed + cluster.index, stopped, as_json=as_json), *more]
        try:
            if share is None:
                model.fit(
                    batches,
                    validation_data=judged,
                    initial_epoch=numbers.start,
                    epochs=numbers.stop,
                    steps_per_epoch=steps,
                    shuffle=False,
                    class_weight=factors,
                    callbacks=told,
                    verbose=0,
                )
            else:
                together = several.Together(model, chosen, metrics, recipe.label_smoothing, factors)
                several.train(together, batches, judged, told, numbers=numbers, steps=steps)
                if cluster.workers:
                    # Until the chief's last epoch is written: who ends before is missed where the chief is lost and has to repeat it.
                    several.see_alike(cluster, chosen, "", "")
        except KeyboardInterrupt:
            if not cluster.is_chief:
                raise
            for callback in told:
                callback.on_train_end()
            return resume(own), "interrupted"
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
        keras.optimizers.Adam(recipe.head_learning_rate),
        keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],  # to be read: the loss has the penalty in it
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
