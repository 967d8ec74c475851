"""How far a model's answers are to be trusted: what `typicality` and `evaluate` find and `export` writes into the graph."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.certain import KINDS, NEVER, Answers
from training.config import StageError
from training.files import regular
from training.hints import command
from training.whole import whole

LIKENESS = "likeness.npz"
SEEN = "seen.npz"
POOLED = "pooled-"
VALIDATED = "validated.npz"

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """How much a picture looks like a painting, from the means over all places of the channels of some layers.

    The score is relu(x @ kernel + bias) @ last, with x = clip((channels - mean) * factor, -reach, reach); mean and factor (d,),
    kernel (d, h), bias and last (h,). knots: the scores of held-out paintings at equal steps of their order, so that the typicality is the
    share of them with a lower score.
    """

    layers: tuple[str, ...]
    mean: Vector
    factor: Vector
    kernel: Vector
    bias: Vector
    last: Vector
    reach: float
    knots: Vector

    def score(self, channels: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """(n,) from (n, d)."""
        scaled = np.clip((channels - self.mean) * self.factor, -self.reach, self.reach)
        return np.asarray(np.maximum(scaled @ self.kernel + self.bias, 0) @ self.last)

    def typicality(self, channels: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """(n,) in [0, 1] from (n, d)."""
        return np.asarray(np.interp(self.score(channels), self.knots, np.linspace(0, 1, len(self.knots))))


@dataclass(frozen=True)
class Trust:
    """limits (k,): the score from which an answer of each genre is certain; expected (3,): the share right of certain.KINDS."""

    likeness: Likeness
    limits: Vector
    expected: tuple[float, ...]


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """An .npz, whole or not at all."""
    # A file, for to a name that does not end in .npz numpy would add that.
    with whole(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_likeness(path: Path) -> Likeness:
    """Raises StageError where `path` is none."""
    try:
        with np.load(regular(path)) as found:
            values = {field.name: found[field.name] for field in fields(Likeness)}
    except (OSError, ValueError, KeyError) as error:
        raise StageError(f"{path} is missing. Make it with {command('typicality', run=path.parent)}.") from error
    return Likeness(**{**values, "layers": tuple(values["layers"].tolist()), "reach": float(values["reach"])})


def read_validated(folder: Path) -> Answers:
    """What `evaluate` found the run in `folder` to say of its validation pictures. Raises StageError where it has not been run."""
    try:
        with np.load(regular(folder / VALIDATED)) as found:
            return Answers(**{field.name: found[field.name] for field in fields(Answers)})
    except (OSError, ValueError, KeyError) as error:
        raise StageError(f"{folder} has no {VALIDATED}. Make it with {command('evaluate', run=folder)}.") from error


def trust_of(folder: Path, card: dict[str, Any]) -> Trust:
    """What a run's scorecard and likeness say of trust. Raises StageError where there is none."""
    try:
        found = card["trust"]
    except KeyError as error:
        raise StageError(f"The scorecard of {folder} is an older one. Make it again with {command('evaluate', run=folder)}.") from error
    limits = [NEVER if limit is None else limit for limit in found["certain_from"].values()]
    expected = tuple(found["expected_accuracy"][kind]["right"] for kind in KINDS)
    return Trust(read_likeness(folder / LIKENESS), np.array(limits, np.float32), expected)


def seen(folder: Path, name: str) -> npt.NDArray[Any]:
    """An array of what `typicality` saw. Raises StageError where it has not been run."""
    try:
        with np.load(regular(folder / SEEN)) as arrays:
            return np.asarray(arrays[name])
    except (OSError, ValueError, KeyError) as error:
        raise StageError(f"{folder} has no {SEEN}, or an old one. Make it with {command('typicality', run=folder)}.") from error
