"""The pictures of a run and of its scorecard, as small PNG files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure  # not pyplot, which looks for a display

from training.whole import whole

Numbers = npt.NDArray[np.floating]


def curves(history: Sequence[dict[str, float]], out: Path) -> None:
    """accuracy.png and loss.png as the paper's figures 10 and 11: both sides by epoch."""
    epochs = [row["epoch"] + 1 for row in history]
    for name in ("accuracy", "loss"):
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        axes.plot(epochs, [row[name] for row in history], marker=".", label="training (augmented)")
        axes.plot(epochs, [row[f"val_{name}"] for row in history], marker=".", label="validation")
        axes.set(xlabel="epoch", ylabel=name, title=name.capitalize())
        axes.legend()
        _write(figure, out / f"{name}.png")


def confusion(matrix: npt.NDArray[np.integer], genres: Sequence[str], title: str, path: Path) -> None:
    """The confusion matrix int (k, k): rows are the true genres, columns the predicted; shaded by the share of the row."""
    figure = Figure(figsize=(1.5 + 0.7 * len(genres), 1.2 + 0.6 * len(genres)), layout="constrained")
    axes = figure.subplots()
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        axes.text(column, row, str(count), ha="center", va="center", color="white" if share[row, column] > 0.5 else "black")
    axes.set_xticks(range(len(genres)), genres, rotation=45, ha="right")
    axes.set_yticks(range(len(genres)), genres)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    _write(figure, path)


def reliability(curves_of: dict[str, tuple[Numbers, Numbers]], path: Path) -> None:
    """Accuracy against confidence; `curves_of` a name are the mean confidence and the accuracy of each bin."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfect")
    for name, (confidence, right) in curves_of.items():
        axes.plot(confidence, right, marker="o", label=name)
    axes.set(xlabel="confidence", ylabel="accuracy", title="Reliability", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    _write(figure, path)


def coverage(curves_of: dict[str, tuple[Numbers, Numbers]], path: Path) -> None:
    """Accuracy of what is left when only answers above a confidence count; `curves_of` a name are coverage and accuracy."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, (share, right) in curves_of.items():
        axes.plot(share, right, label=name)
    axes.set(xlabel="share of pictures answered", ylabel="accuracy of these", title="Coverage against accuracy", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    with whole(path) as beside:
        figure.savefig(beside, dpi=80)
