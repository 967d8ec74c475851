"""A training on several devices, of one machine or of several workers: each takes its share of every batch, and all learn the same.

Not by Keras' `fit`: under MultiWorkerMirroredStrategy it fails, and under MirroredStrategy it clips a device's own gradients before it adds
them up (docs/decisions/012-recipe.md).
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import tensorflow as tf

from training.callbacks import CHECKPOINTS, Row
from training.cluster import Cluster
from training.config import StageError

# What TensorFlow raises in a worker of which another has ended.
LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError)


class Together:
    """A model on several devices, with the `metrics` of an epoch: all three, and its optimizer, made in the scope of `strategy`.

    The optimizer is to clip at the recipe's norm divided by the number of devices: it is given that part of the gradient on each of them,
    and adds these up.
    """

    def __init__(
        self,
        model: keras.Model,
        strategy: tf.distribute.Strategy,
        metrics: Sequence[keras.metrics.Metric],
        label_smoothing: float,
        class_weights: dict[int, float] | None,
    ) -> None:
        self.model, self.strategy = model, strategy
        self._losses = keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing, reduction=None)
        self._weights = [1.0] * model.output.shape[-1] if class_weights is None else list(class_weights.values())
        with strategy.scope():
            self._mean = keras.metrics.Mean("loss")
            model.optimizer.build(model.trainable_variables)
        self._metrics = [self._mean, *metrics]
        # Each takes the pictures, labels and parts of the mean of one batch, shared among the devices: one learns, one only measures.
        self.learn = tf.function(lambda batch: strategy.run(self._learn, args=batch))
        self.judge = tf.function(lambda batch: strategy.run(self._judge, args=batch))

    def figures(self) -> Row:
        """Of all batches since they were last asked for. All workers have to ask."""
        found = {metric.name: float(metric.result()) for metric in self._metrics}
        for metric in self._metrics:
            metric.reset_state()
        return found

    def _learn(self, images: tf.Tensor, labels: tf.Tensor, parts: tf.Tensor) -> None:
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            scores = self.model(images, training=True)
            losses = self._losses(labels, scores) * tf.gather(self._weights, tf.argmax(labels, axis=1))
            mean = self.model.optimizer.scale_loss(tf.reduce_sum(losses * parts))
        gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, tape.gradient(mean, variables))
        self.model.optimizer.apply(gradients, variables)
        self._note(losses, labels, scores, parts)

    def _judge(self, images: tf.Tensor, labels: tf.Tensor, parts: tf.Tensor) -> None:
        scores = self.model(images, training=False)
        self._note(self._losses(labels, scores), labels, scores, parts)

    def _note(self, losses: tf.Tensor, labels: tf.Tensor, scores: tf.Tensor, parts: tf.Tensor) -> None:
        counts = tf.cast(parts > 0, tf.float32)
        self._mean.update_state(losses, sample_weight=counts)
        for metric in self._metrics[1:]:
            metric.update_state(labels, scores, sample_weight=counts)


def train(
    together: Together,
    batches: tf.data.Dataset,
    validation: tf.data.Dataset,
    callbacks: Sequence[keras.callbacks.Callback],
    *,
    numbers: range,
    steps: int,
) -> None:
    """As `model.fit` with the epochs of those `numbers`, on what `data.epochs` and `data.in_order` yield of this worker's share."""
    model, distributed = together.model, together.strategy.distribute_datasets_from_function
    coming, judged = iter(distributed(lambda _: batches)), distributed(lambda _: validation)
    told = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=numbers.stop, steps=steps)
    model.stop_training = False
    told.on_train_begin()
    for epoch in numbers:
        told.on_epoch_begin(epoch)
        for step in range(steps):
            told.on_train_batch_begin(step)
            together.learn(next(coming))
            told.on_train_batch_end(step)
        row = together.figures()
        told.on_test_begin()
        for batch in judged:
            together.judge(batch)
        found = together.figures()
        told.on_test_end(found)
        told.on_epoch_end(epoch, {**row, **{f"val_{name}": value for name, value in found.items()}})
        if model.stop_training:
            break
    told.on_train_end()


@contextmanager
def folder_of(cluster: Cluster, strategy: tf.distribute.Strategy, out: Path, start: str, asked: str) -> Iterator[Path]:
    """The folder that this worker of a training in `out` writes to: the chief `out` itself, the others a copy that goes with them.

    All write alike, as what is written may be on several devices and all have to take part. Waits for all workers. Raises StageError
    where one was asked for something else or has not what is in `out`, and where one is lost.
    """
    if not cluster.workers:
        yield out
        return
    try:
        see_alike(cluster, strategy, asked, "was started with other arguments, another dataset or other devices")
        held = hashlib.sha256()
        for file in sorted(path for path in (out / start, *(out / CHECKPOINTS).rglob("*")) if path.is_file()):
            held.update(file.read_bytes())
        see_alike(cluster, strategy, held.hexdigest(), f"does not find in {out} what the first does: all need one folder that all can read")
        if cluster.is_chief:
            yield out
            return
        with TemporaryDirectory() as own:
            shutil.copy(out / start, own)
            if (out / CHECKPOINTS).exists():
                shutil.copytree(out / CHECKPOINTS, Path(own) / CHECKPOINTS)
            yield Path(own)
    except LOST as error:
        raise StageError("Another worker has ended, or is not reached. Start all again: they go on after the last full epoch.") from error


def see_alike(cluster: Cluster, strategy: tf.distribute.Strategy, text: str, otherwise: str) -> None:
    """Waits for all workers. Raises StageError in all of them where `text` is not the same in all."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    mine = tf.constant([number if place == cluster.index else 0 for place in range(len(cluster.workers))], tf.int64)

    def total() -> tf.Tensor:
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, mine)

    found = strategy.experimental_local_results(tf.function(lambda: strategy.run(total))())[0].numpy()
    differing = [place for place, one in enumerate(found) if one != found[0]]
    if differing:
        raise StageError(f"Worker {differing[0] + 1} of {len(found)} {otherwise}.")
