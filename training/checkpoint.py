"""All that the next epoch needs, in one file that is replaced whole: a run killed at any moment goes on after its last full epoch."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Weights = list[npt.NDArray[np.float32]]

PARTS = ("weights", "average", "optimizer", "start", "best")


@dataclass
class Checkpoint:
    """Weights are the model's, in Keras's order; `optimizer` its variables, so that the rate and the moments go on too.

    `average` is the moving average of the weights, `start` the weights before the main phase, `best` the average after epoch
    `best_epoch` (from 0; -1: still the start).
    """

    weights: Weights
    average: Weights
    optimizer: Weights
    start: Weights
    best: Weights
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write `path` through a temporary file beside it, on the disk before the old one goes."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            f"{name}.{position:04}": array for name in PARTS for position, array in enumerate(getattr(self, name))
        }
        arrays["facts"] = np.array(json.dumps({"best_epoch": self.best_epoch, "history": self.history}))
        temporary = path.with_name(f".{path.name}.part")
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        with np.load(path, allow_pickle=False) as arrays:
            names = sorted(name for name in arrays.files if name != "facts")
            parts: dict[str, Weights] = {part: [arrays[name] for name in names if name.startswith(f"{part}.")] for part in PARTS}
            facts = json.loads(str(arrays["facts"]))
        return cls(**parts, best_epoch=facts["best_epoch"], history=facts["history"])
