"""What the way of measuring makes of a figure: one head on frozen features, under the paper's split and scaling and under sound ones.

The features are computed once; each protocol then costs seconds. Nothing here chooses or changes the model that is published.
"""

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from gateway.picture.preprocess import to_tensor
from training import split
from training.data import Dataset, Part
from training.fit import PREDICT_BATCH, outputs_of
from training.measure import accuracy
from training.model import build, head, trunk_features
from training.sides import EXTERNALS

EPOCHS = 30  # of the head on features, without augmentation, for every protocol alike
BATCH = 32  # paper
RATE = 0.001  # paper

Features = npt.NDArray[np.float32]


def compare(start: Path, model: keras.Model, dataset: Dataset, scores: Features, seed: int) -> dict[str, object]:
    """Accuracies of the paper's head by protocol, and the cost of the paper's scaling.

    start: a file of weights whose convolutions are those of ImageNet; model: the trained one; scores: float32 (n, k), its own on test.
    """
    genre_count = len(dataset.genres)
    frozen = keras.models.clone_model(model)
    frozen.load_weights(start)
    trunk = trunk_features(frozen)
    train, validation, test = (dataset.part(name) for name in ("train", "validation", "test"))
    external = dataset.part(*EXTERNALS)
    features = {
        name: outputs_of(trunk, part.pixels)
        for name, part in (("train", train), ("validation", validation), ("test", test), ("external", external))
        if part.rows
    }
    own = np.concatenate([features[name] for name in ("train", "validation", "test")])
    label = np.concatenate([train.labels, validation.labels, test.labels])

    def trained_on(some: Features, labels: npt.NDArray[np.int64]) -> keras.Model:
        top = head(build(genre_count, None, seed))
        top.compile(keras.optimizers.Adam(RATE), keras.losses.CategoricalCrossentropy())
        top.fit(some, np.eye(genre_count, dtype=np.float32)[labels], epochs=EPOCHS, batch_size=BATCH, verbose=0)
        return top

    found: dict[str, object] = {}
    for name, members in (("leaky", split.leaky(label, seed)), ("random", split.at_random(label, seed))):
        top = trained_on(own[members["train"]], label[members["train"]])
        seen = members["validation"]
        found[name] = accuracy(top.predict(own[seen], verbose=0), label[seen])
    top = trained_on(features["train"], train.labels)
    found["artist"] = accuracy(top.predict(features["test"], verbose=0), test.labels)
    if external.rows:
        found["external"] = accuracy(top.predict(features["external"], verbose=0), external.labels)

    top = trained_on(_unsigned(trunk, train), train.labels)
    found["skew"] = {
        "same": accuracy(top.predict(_unsigned(trunk, test), verbose=0), test.labels),
        "skewed": accuracy(top.predict(features["test"], verbose=0), test.labels),
        "model": accuracy(scores, test.labels),
        "model_skewed": accuracy(_unsigned(model, test), test.labels),
    }
    return found


def _unsigned(model: keras.Model, part: Part) -> Features:
    """What `model` makes of `part` in [0, 1], the paper's training scale, instead of [-1, 1]."""
    starts = range(0, len(part.rows), PREDICT_BATCH)
    return np.concatenate([model.predict_on_batch((to_tensor(part.pixels[at : at + PREDICT_BATCH]) + 1) / 2) for at in starts])
