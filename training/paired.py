"""Whether one model does better than another on the same pictures: differences with intervals over artists. Needs numpy alone.

Intervals are 95% percentile bootstrap intervals (Efron, 1979): artists are drawn, with both models' answers to their pictures.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
INTERVAL = (2.5, 97.5)  # percentiles

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """A figure of the second model less that of the first, and the interval of it."""

    part: str
    figure: str
    first: float
    second: float
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.second - self.first

    def __str__(self) -> str:
        interval = f"({self.low:+.3f} to {self.high:+.3f})"
        return f"{self.part:16} {self.figure:12} {self.first:.3f} -> {self.second:.3f}  {self.value:+.3f} {interval}"


def paired(
    name: str,
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    genres: npt.NDArray[np.str_],
    groups: npt.NDArray[np.str_],
) -> list[Difference]:
    """The differences of accuracy and of mean recall, from which answers (n,) were right, the genres and the groups, that is artists."""
    names, group = np.unique(groups, return_inverse=True)
    genre = np.unique(genres, return_inverse=True)[1]
    count = np.zeros((3, len(names), genre.max() + 1))
    for place, values in enumerate((np.ones(len(group)), first, second)):
        np.add.at(count[place], (group, genre), values)
    drawn = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    found = []
    for figure, of in (("accuracy", accuracy), ("mean recall", mean_recall)):
        whole = of(count.sum(axis=1))
        draws = of(np.einsum("rg,pgk->prk", drawn, count))
        low, high = np.percentile(draws[1] - draws[0], INTERVAL)
        found.append(Difference(name, figure, float(whole[0]), float(whole[1]), float(low), float(high)))
    return found


def accuracy(counts: Numbers) -> Numbers:
    """Of both models, from pictures and right answers by genre (3, ..., k)."""
    return np.asarray(counts[1:].sum(axis=-1) / counts[0].sum(axis=-1))


def mean_recall(counts: Numbers) -> Numbers:
    recalls = np.divide(counts[1:], counts[0], out=np.full(counts[1:].shape, np.nan), where=counts[0] > 0)
    return np.asarray(np.nanmean(recalls, axis=-1))
