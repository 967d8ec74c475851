"""The callbacks of a training: Keras' own, and three small ones for what they leave open."""

import csv
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from training.config import Recipe
from training.progress import Progress

Row = dict[str, float]  # of history.csv: the figures of an epoch

HISTORY = "history.csv"
KEPT = "kept.weights.h5"
CHECKPOINTS = "checkpoints"
WORK = "work"


def callbacks(
    recipe: Recipe, out: Path, rows: list[Row], seed: int, stopped: Callable[[list[Row]], str | None], *, as_json: bool
) -> list[keras.callbacks.Callback]:
    """All callbacks, in the order in which they have to be asked.

    rows: of the epochs that are done; those of this fit are added. stopped: why the training ends after such rows, or None.
    """
    work, done = out / WORK, len(rows)
    averaged: list[keras.callbacks.Callback] = []
    if recipe.ema_momentum:
        swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
        # Keras swaps by adding and subtracting, which rounds: a training that goes on swaps as one that was never killed.
        again = keras.callbacks.LambdaCallback(on_train_begin=lambda _: swap.on_epoch_end(done - 1) if done else None)
        averaged = [again, swap]
    lowest = min((row["val_loss"] for row in rows), default=None)
    return [
        # Before the averages come into the model's place, so that what goes on is the model itself.
        keras.callbacks.BackupAndRestore(work / "backup", delete_checkpoint=False),
        Epoch(seed),
        *averaged,
        keras.callbacks.ModelCheckpoint(
            work / KEPT,
            monitor="val_loss",
            save_best_only=recipe.keep == "loss",
            save_weights_only=True,
            initial_value_threshold=lowest if recipe.keep == "loss" else None,
        ),
        keras.callbacks.CSVLogger(work / HISTORY, append=True),
        Stop(rows, stopped),
        Snapshot(out),
        keras.callbacks.TensorBoard(out / "logs", write_graph=False),
        Progress("epoch", as_json=as_json),
    ]


class Epoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Draws dropout's masks from seed and epoch alone, so that a resumed run draws those of a run never killed; and takes the time."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, _: Row | None = None) -> None:
        dropout = self.model.get_layer("dropout")
        if dropout.rate:
            dropout.seed_generator.state.assign(np.array([self._seed, epoch], dtype=np.uint32))
        self._began = time.monotonic()

    def on_epoch_end(self, _: int, logs: Row) -> None:
        logs["seconds"] = time.monotonic() - self._began


class Stop(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the training where `stopped` gives a reason. Keras' EarlyStopping begins to count anew in a run that goes on."""

    def __init__(self, rows: list[Row], stopped: Callable[[list[Row]], str | None]) -> None:
        super().__init__()
        self._rows, self._stopped = rows, stopped

    def on_epoch_end(self, epoch: int, logs: Row) -> None:
        self._rows.append({"epoch": epoch, **logs})
        self.model.stop_training = self._stopped(self._rows) is not None


class Snapshot(keras.callbacks.Callback):  # type: ignore[misc]
    """After each epoch, what the callbacks before this one have written, under a name that it gets in one step.

    They write in place, one file after the other: a run killed meanwhile would leave a half file, or files of two epochs.
    """

    def __init__(self, out: Path) -> None:
        super().__init__()
        self._out = out

    def on_epoch_end(self, epoch: int, _: Row) -> None:
        folder = self._out / CHECKPOINTS
        unfinished = folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(self._out / WORK, unfinished)
        for file in (file for file in unfinished.rglob("*") if file.is_file()):
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        before = snapshot(self._out)
        unfinished.rename(folder / f"{epoch + 1:04}")
        if before is not None:
            shutil.rmtree(before)


def snapshot(out: Path) -> Path | None:
    """The folder of the last full epoch's snapshot, or None before the first."""
    return max((path for path in (out / CHECKPOINTS).glob("*") if re.fullmatch("[0-9]+", path.name)), default=None)


def resume(out: Path) -> list[Row]:
    """Put the files of the callbacks back as they were after the last full epoch, and return the rows of the epochs done."""
    shutil.rmtree(out / WORK, ignore_errors=True)
    last = snapshot(out)
    if last is None:
        (out / WORK).mkdir()
    else:
        shutil.copytree(last, out / WORK)
    return rows_of(out)


def rows_of(out: Path) -> list[Row]:
    """Of the epochs done."""
    last = snapshot(out)
    if last is None:
        return []
    with (last / HISTORY).open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def why_stopped(recipe: Recipe, rows: list[Row]) -> str | None:
    """Why the training ends after these epochs, or None where it goes on."""
    if recipe.stop_at_accuracy is not None and rows and min(rows[-1]["accuracy"], rows[-1]["val_accuracy"]) >= recipe.stop_at_accuracy:
        return f"training and validation accuracy reached {recipe.stop_at_accuracy:.0%}"
    if recipe.patience is not None and rows and len(rows) - 1 - lowest_loss(rows) >= recipe.patience:
        return f"no lower validation loss for {recipe.patience} epochs"
    return f"all {recipe.epochs} epochs are done" if len(rows) >= recipe.epochs else None


def lowest_loss(rows: list[Row]) -> int:
    return int(np.argmin([row["val_loss"] for row in rows]))
