"""What a run says of every picture that it was measured on, as a table; and its surest mistakes as a page with their heat maps."""

import base64
import csv
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from PIL import Image

from gateway.contract import EXPLAIN_SIGNATURE, HEATMAP_OUTPUT, IMAGE_SIZE
from gateway.picture.preprocess import to_tensor
from training.certain import Answers
from training.config import StageError
from training.files import regular
from training.hints import command
from training.train import write_text

if TYPE_CHECKING:  # importing it takes seconds: TensorFlow
    from training.data import Part

PREDICTIONS = "predictions.csv"
WORST = "worst.html"
COLUMNS = ("path", "truth", "told", "confidence", "certain", "typicality", "split", "artist", "group")
MISTAKES = 48  # on the page
MAP_SHARE = 0.45  # of a heat map's colour over its picture
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>body{{font:15px/1.4 system-ui,sans-serif;margin:2em}} main{{display:flex;flex-wrap:wrap;gap:1.5em}}
figure{{margin:0;width:{width}px}} figcaption{{overflow-wrap:anywhere}}</style></head>
<body><h1>{title}</h1>
<p>The surest first. Beside each picture, what counted for the genre that was told: the heat map that the service gives.
The pictures are those of the dataset, which may not be free to be shown to others.</p>
<main>{figures}</main></body></html>
"""
FIGURE = """<figure><img src="data:image/jpeg;base64,{picture}" alt="" width="{size}" height="{size}"><img
src="data:image/jpeg;base64,{map}" alt="" width="{size}" height="{size}"><figcaption><b>{told}</b> with {confidence:.0%}{certain}; labelled
<b>{truth}</b> ({share:.0%}).<br>{artist}<br>{path}, {split}</figcaption></figure>
"""


@dataclass(frozen=True)
class Measured:
    """By part its pictures, the answers and whether each is certain; the genres in the order of the scores."""

    parts: Mapping[str, "Part"]
    answers: Mapping[str, Answers]
    sure: Mapping[str, npt.NDArray[np.bool_]]
    genres: Sequence[str]


def write(out: Path, measured: Measured, model: Any) -> None:
    """PREDICTIONS and WORST in `out`; `model` is the Keras model, of which the heat maps are."""
    write_text(out / PREDICTIONS, table(measured))
    write_text(out / WORST, page(out.resolve().name, measured, model))


def table(measured: Measured) -> str:
    """A line a picture, the scores in columns of the genres' names."""
    genres = measured.genres
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *genres])
    for name, part in measured.parts.items():
        found = measured.answers[name]
        for place, row in enumerate(part.rows):
            scores = found.scores[place]
            told = int(scores.argmax())
            facts = (row["path"], row["genre"], genres[told], f"{scores[told]:.4f}", "yes" if measured.sure[name][place] else "no")
            where = (f"{found.typicality[place]:.4f}", row["split"], row["artist"], row["group"])
            writer.writerow([*facts, *where, *(f"{score:.5f}" for score in scores)])
    return text.getvalue()


def read(run: Path) -> list[dict[str, str]]:
    """The lines of a run's PREDICTIONS. Raises StageError where it has none."""
    try:
        with regular(run / PREDICTIONS).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise StageError(f"{run} has no {PREDICTIONS}. Make it with {command('evaluate', run=run)}.") from error


def page(run: str, measured: Measured, model: Any) -> str:
    """The surest mistakes of all parts together, as a page that needs no other file."""
    import tensorflow as tf

    from training.freeze import signatures

    wrong = [
        (float(measured.answers[name].scores[place].max()), name, int(place))
        for name in measured.parts
        for place in np.flatnonzero(~measured.answers[name].right)
    ]
    worst = sorted(wrong, key=lambda item: (-item[0], *item[1:]))[:MISTAKES]
    figures = []
    if worst:
        pixels = np.stack([measured.parts[name].pixels[place] for _, name, place in worst])
        _, functions = signatures(model, measured.genres, 1.0)
        explained: Any = functions[EXPLAIN_SIGNATURE](tf.constant(to_tensor(pixels)))
        for (confidence, name, place), picture, heat in zip(worst, pixels, explained[HEATMAP_OUTPUT].numpy(), strict=True):
            row, scores = measured.parts[name].rows[place], measured.answers[name].scores[place]
            texts = {key: html.escape(row[key]) for key in ("path", "split", "artist")}
            told, truth = measured.genres[int(scores.argmax())], row["genre"]
            figures.append(
                FIGURE.format(
                    **texts,
                    picture=_jpeg(picture),
                    map=_jpeg(mapped(picture, heat)),
                    size=IMAGE_SIZE,
                    told=html.escape(told),
                    truth=html.escape(truth),
                    confidence=confidence,
                    certain=", certain" if measured.sure[name][place] else "",
                    share=float(scores[list(measured.genres).index(truth)]),
                )
            )
    title = f"The {len(figures)} surest of {len(wrong)} mistakes of {html.escape(run)}"
    return PAGE.format(title=title, figures="".join(figures), width=2 * IMAGE_SIZE)


def mapped(picture: npt.NDArray[np.uint8], heat: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """`picture` uint8 (224, 224, 3) below its heat map float32 (7, 7) in [0, 1]."""
    size = (IMAGE_SIZE, IMAGE_SIZE)
    strength = np.asarray(Image.fromarray((255 * heat).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)) / 255
    colours = 255 * colormaps["inferno"](strength)[:, :, :3]
    return np.asarray((1 - MAP_SHARE) * picture + MAP_SHARE * colours, np.uint8)


def _jpeg(pixels: npt.NDArray[np.uint8]) -> str:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=80)
    return base64.b64encode(buffer.getvalue()).decode()
