"""The recipes, each setting with its reason and its source, and the one error that a person is told.

What was tried, with figures: training/results/tries.md.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


class StageError(Exception):
    """Wrong use, or an environment that cannot do the work; its text is the sentence they are told."""


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence that names what was probably meant, or nothing."""
    found = difflib.get_close_matches(name, list(names), 1)
    return f" Did you mean '{found[0]}'?" if found else ""


@dataclass(frozen=True)
class Recipe:
    """How a model is trained. A rate is per step, an epoch is one pass over the training pictures."""

    name: str
    trained_from: str | None  # the first layer that learns in the main phase; None: the head alone. Batch norm never learns
    augmentation: Literal["paper", "ragam"]  # names a function of training/augment.py
    optimizer: Literal["adam", "adamw"]
    learning_rate: float
    ema_momentum: float  # of the weights' moving average, which is validated and kept: its share that stays a step. 0: no average
    # once: an epoch has every picture once. by_artist: it has as many, drawn so that every genre is seen alike, and of an artist of n
    # pictures each by 1 / sqrt(n); then without class_weights
    sampling: Literal["once", "by_artist"]
    batch_size: int
    epochs: int
    head_epochs: int  # epochs for the head alone, on the frozen features of the pictures and their mirror images, before the main phase
    head_learning_rate: float
    head_l2: float  # penalty on the squares of the head's kernels in that phase
    cosine: bool  # the rate falls along half a cosine to 2 % of itself after half an epoch of warm-up
    weight_decay: float
    label_smoothing: float
    class_weights: bool  # weigh every genre alike in the loss, however many pictures it has
    stop_at_accuracy: float | None  # stop once training and validation accuracy both reach it
    patience: int | None  # stop after so many epochs without a lower validation loss
    keep: Literal["loss", "last"]  # the epoch to keep: that of the lowest validation loss, or the last
    # where the model may lie on the line from the weights before the main phase (0) to those of the kept epoch (1); of several the
    # validation and the external-tuning pictures choose
    shares: tuple[float, ...]
    soft_share: float  # of a teacher's soft labels in what is learned, where a teacher is given; the rest are the labels


PAPER = Recipe(
    name="paper",
    trained_from=None,  # paper: the layers of MobileNetV2 are frozen
    augmentation="paper",  # paper: rotation 20 degrees, shifts, shear and zoom 0.2, horizontal flip, nearest fill
    optimizer="adam",  # paper
    learning_rate=0.001,  # paper
    ema_momentum=0.0,
    sampling="once",  # paper
    batch_size=32,  # paper
    epochs=1000,  # paper
    head_epochs=0,
    head_learning_rate=0.0,
    head_l2=0.0,
    cosine=False,
    weight_decay=0.0,
    label_smoothing=0.0,  # paper: plain categorical cross-entropy
    class_weights=False,
    stop_at_accuracy=0.8,  # paper: a callback stops the training at 80 % of both accuracies
    patience=10,  # the paper has none; without it a run that never reaches 80 % takes all 1000 epochs
    keep="loss",
    shares=(1.0,),
    soft_share=0.0,
)

RAGAM = Recipe(
    name="ragam",
    trained_from="block_6_expand",
    augmentation="ragam",
    optimizer="adamw",
    learning_rate=3e-4,
    ema_momentum=0.998,
    sampling="by_artist",
    batch_size=32,
    epochs=3,  # of 7,016 paintings: with 8 the artists are learned (training/results/tries.md)
    head_epochs=12,
    head_learning_rate=3e-4,
    head_l2=0.02,
    cosine=True,
    weight_decay=1e-4,
    label_smoothing=0.1,
    class_weights=False,
    stop_at_accuracy=None,
    patience=None,
    keep="last",
    shares=(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),  # Wortsman et al. (2022)
    soft_share=0.5,  # half and half: Hinton et al., Distilling the knowledge in a neural network (2015)
)

RECIPES = {recipe.name: recipe for recipe in (RAGAM, PAPER)}
