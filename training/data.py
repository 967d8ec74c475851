"""From a dataset that `prepare` wrote to batches for the model.

DATASET ──► load ──► Dataset.part("train") ──► epochs     batches, shuffled and augmented by seed and epoch
                                          ├──► in_order   batches of all of the split once, unchanged
                                          └──► pixels     the same as an array, memory-mapped
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from gateway.contract import IMAGE_HALF_RANGE, IMAGE_SHAPE
from training.config import StageError
from training.files import regular
from training.hints import command
from training.reading import reading

NEEDED = ("path", "artist", "source", "split", "group")
MAKE = command("prepare", Path("PICTURES"), out=Path("DATASET"))
# uint8 (224, 224, 3) and an int32 seed (2,) -> float32 (224, 224, 3) in [0, 255]: one of augment.AUGMENTATIONS.
Augmentation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Part:
    """The n pictures of one split, in the order of rows.csv."""

    pixels: npt.NDArray[np.uint8]  # (n, 224, 224, 3), a part of the memory-mapped file
    labels: npt.NDArray[np.int64]  # (n,), positions in the genres
    rows: tuple[dict[str, str], ...]  # n lines of rows.csv by column: path, artist, group, source and so on
    soft: npt.NDArray[np.float32] | None = None  # (n, k), what is learned in place of the labels

    def targets(self, genre_count: int) -> npt.NDArray[np.float32]:
        """(n, k): the soft labels, or else 1 for the genre."""
        return np.eye(genre_count, dtype=np.float32)[self.labels] if self.soft is None else self.soft


@dataclass(frozen=True)
class Dataset:
    """What `prepare` wrote. `about` is its dataset.json, `digest` the SHA-256 (hexadecimal) of what the pixels follow from."""

    genres: tuple[str, ...]
    about: dict[str, Any]
    digest: str
    pixels: npt.NDArray[np.uint8]
    rows: tuple[dict[str, str], ...]

    def part(self, *splits: str) -> Part:
        """The pictures of `splits`, one or neighbours in sides.PARTS; none where the dataset has no such split."""
        rows = tuple(row for row in self.rows if row["split"] in splits)
        places = np.array([int(row["pixel"]) for row in rows], dtype=np.int64)
        # prepare puts a split's pictures one after the other, so that they need not be copied into memory.
        first = int(places[0]) if rows else 0
        if not np.array_equal(places, np.arange(first, first + len(rows))):
            raise StageError(
                f"rows.csv does not list the pictures of {' and '.join(splits)} in the order of pixels.npy. "
                f"Make the dataset again with {MAKE}."
            )
        labels = np.array([self.genres.index(row["genre"]) for row in rows], dtype=np.int64)
        return Part(self.pixels[first : first + len(rows)], labels, rows)


def load(folder: Path) -> Dataset:
    """The dataset in `folder`. Raises StageError where it is none, or a damaged one."""
    with reading(f"{folder} is no dataset: {{cause}}. Make one with {MAKE}."):
        about = json.loads(regular(folder / "dataset.json").read_text(encoding="utf-8"))
        listed = regular(folder / "rows.csv").read_text(encoding="utf-8")
        pixels = np.load(regular(folder / "pixels.npy"), mmap_mode="r")
        if pixels.dtype != np.uint8 or pixels.shape != (about.get("pictures"), *IMAGE_SHAPE):
            raise ValueError(f"its pixels.npy holds {pixels.dtype} {pixels.shape}")
        rows, genres = tuple(csv.DictReader(listed.splitlines())), tuple(str(genre) for genre in about["genres"])
        for number, row in enumerate(rows, 2):
            see_row(row, number, genres, len(pixels))
        digest = hashlib.sha256((json.dumps(about, sort_keys=True) + listed).encode()).hexdigest()
        return Dataset(genres, about, digest, pixels, rows)


def see_row(row: dict[str, str], line: int, genres: tuple[str, ...], pictures: int) -> None:
    """Raises ValueError or LookupError for a line of rows.csv that `prepare` would not have written."""
    if row["genre"] not in genres or not 0 <= int(row["pixel"]) < pictures or None in [row[name] for name in NEEDED]:
        raise ValueError(f"line {line} of its rows.csv is damaged")


@dataclass(frozen=True)
class Share:
    """Which pictures of each batch are for this worker, where `devices` in all share a batch, alike many of each worker."""

    worker: int
    workers: int
    devices: int


def shared(count: int, batch_size: int, share: Share | None) -> tuple[int, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Of `count` pictures in batches: how many a device takes of a batch, the places of this worker's, and what each counts in the mean.

    All batches have one size: with a `share` the last is filled with pictures that do not count.
    """
    if share is None:
        return batch_size, np.arange(count), np.ones(count, np.float32)
    size = -(-batch_size // share.devices)
    within = np.arange(size * share.devices)
    places = np.arange(0, count, batch_size)[:, np.newaxis] + within
    real = (within < batch_size) & (places < count)
    parts = (real / real.sum(axis=1, keepdims=True)).astype(np.float32)
    mine = slice(share.worker, None, share.workers)
    return size, np.where(real, places, 0)[:, mine].ravel(), parts[:, mine].ravel()


def scale(images: tf.Tensor) -> tf.Tensor:
    """[0, 255] of any type and shape as float32 in [-1, 1]: gateway.picture.preprocess.to_tensor, in a tf.data pipeline to the bit."""
    return tf.cast(images, tf.float32) / IMAGE_HALF_RANGE - 1.0


def epochs(
    part: Part,
    genre_count: int,
    batch_size: int,
    augment: Augmentation | None = None,
    *,
    seed: int,
    numbers: range,
    sampling: Literal["once", "by_artist"] = "once",
    share: Share | None = None,
) -> tf.data.Dataset:
    """The epochs of those `numbers` of `part`, one after the other, each in ceil(n / batch_size) batches.

    Order and augmentation follow from `seed` and the epoch's number alone, so that a resumed training sees what an uninterrupted one
    would have seen, on any number of cores. sampling: every picture once an epoch, or n that are drawn by `chances`.

    Yields images float32 (b, 224, 224, 3) in [-1, 1] and labels float32 (b, genre_count), one-hot or the part's soft ones; with a `share`
    its pictures alone, a device's part after the other, and float32 (b), what each counts in the mean over the batch.
    """
    count, targets = len(part.labels), part.targets(genre_count)
    chosen_by = chances(part) if sampling == "by_artist" else None
    size, mine, parts = shared(count, batch_size, share)

    def order(epoch: int) -> npt.NDArray[np.int64]:
        random = np.random.default_rng([seed, epoch])
        return random.permutation(count) if chosen_by is None else random.choice(count, count, p=chosen_by)

    def read(draws: tf.Tensor, places: tf.Tensor, parts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # Copied out of the memory map by the batch; as a constant of the graph the pixels could have no more than 2 GB.
        pixels = tf.numpy_function(lambda chosen: part.pixels[chosen], [places], tf.uint8, stateful=False)
        return draws, tf.ensure_shape(pixels, (None, *IMAGE_SHAPE)), tf.gather(targets, places), parts

    def ready(images: tf.Tensor, labels: tf.Tensor, parts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return (scale(images), labels) if share is None else (scale(images), labels, parts)

    def batches(epoch: tf.Tensor) -> tf.data.Dataset:
        epoch_seed = tf.random.experimental.stateless_fold_in(tf.constant([seed, 0], tf.int32), tf.cast(epoch, tf.int32))
        places = tf.gather(tf.ensure_shape(tf.numpy_function(order, [epoch], tf.int64, stateful=False), (count,)), mine)
        # A picture that is drawn twice is changed in two ways.
        draws = places if chosen_by is None else mine
        data = tf.data.Dataset.from_tensor_slices((draws, places, parts)).batch(size).map(read)
        if augment is None:
            return data.map(lambda _, *rest: rest)

        def changed(draw: tf.Tensor, pixels: tf.Tensor, label: tf.Tensor, part: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return augment(pixels, tf.random.experimental.stateless_fold_in(epoch_seed, draw)), label, part

        return data.unbatch().map(changed, num_parallel_calls=tf.data.AUTOTUNE).batch(size)

    data = tf.data.Dataset.range(numbers.start, numbers.stop).flat_map(batches)
    return data.map(ready, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def chances(part: Part) -> npt.NDArray[np.float64]:
    """How often each picture is drawn: every genre alike, and within it an artist of n pictures each of them by 1 / sqrt(n)."""
    works = Counter((row["genre"], row["group"]) for row in part.rows)
    weights = np.array([works[row["genre"], row["group"]] ** -0.5 for row in part.rows])
    weights /= np.bincount(part.labels, weights)[part.labels]
    return np.asarray(weights / weights.sum())


def class_weights(labels: npt.NDArray[np.int64], genre_count: int) -> dict[int, float]:
    """A factor for each genre's loss, so that every genre present counts alike and the mean over the pictures is 1."""
    counts = np.bincount(labels, minlength=genre_count)
    present = np.count_nonzero(counts)
    return {genre: float(len(labels) / (present * count)) if count else 0.0 for genre, count in enumerate(counts)}


def in_order(part: Part, genre_count: int, batch_size: int, share: Share | None = None) -> tf.data.Dataset:
    """All of `part` once, in order and unchanged, as `epochs` yields it."""
    one_hot = np.eye(genre_count, dtype=np.float32)[part.labels]
    size, mine, parts = shared(len(part.labels), batch_size, share)

    def read(places: tf.Tensor, parts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        pixels = tf.numpy_function(lambda chosen: part.pixels[chosen], [places], tf.uint8, stateful=False)
        found = (scale(tf.ensure_shape(pixels, (None, *IMAGE_SHAPE))), tf.gather(one_hot, places))
        return found if share is None else (*found, parts)

    return tf.data.Dataset.from_tensor_slices((mine, parts)).batch(size).map(read).prefetch(1)
