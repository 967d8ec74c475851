"""How well a net's features tell in which collection a painting was stored, where chance is one half.

    python -m benchmarks.collection_probe FOLDER [--weights imagenet|PATH] [--run RUN ...] [--per-artist 4]

FOLDER has pictures and a metadata.csv with the columns path, artist and split. Its pictures with the split `external`, which no run has
learned from, are stored in both ways of the two large collections: the long side reduced to 224 pixels, and squashed to 224 x 224, as
JPEG of quality 90. A logistic regression on the features after global pooling tells the two apart: fitted on the works of four fifths of
the artists, asked about those of the rest, five times. Printed for the frozen start and for the model of each run.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import IMAGE_SIZE

QUALITY = 90
FOLDS = 5


def stored(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """`picture` as either collection has it."""
    share = IMAGE_SIZE / max(picture.size)
    whole = picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.BICUBIC)
    return whole, picture.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)


def written(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def chosen(folder: Path, per_artist: int) -> Iterator[dict[str, str]]:
    """The external rows of the table, at most so many of an artist."""
    taken: Counter[str] = Counter()
    with (folder / "metadata.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            taken[row["artist"]] += row["split"] == "external"
            if row["split"] == "external" and taken[row["artist"]] <= per_artist:
                yield row


def told(features: npt.NDArray[np.float32], ways: npt.NDArray[np.int64], artists: npt.NDArray[np.str_]) -> float:
    """The share of pictures (n, d) whose way (n,) a regression names that was fitted without their artist (n,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    return float(np.mean(cross_val_predict(probe, features, ways, groups=artists, cv=GroupKFold(FOLDS)) == ways))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--run", type=Path, nargs="*", default=[])
    parser.add_argument("--per-artist", type=int, default=4)
    arguments = parser.parse_args()
    # Keras takes seconds to import, which `--help` need not wait for.
    import keras

    from training.features import features
    from training.model import build, trunk_features
    from training.pictures import read_pixels
    from training.train import MODEL

    pixels, artists = [], []
    for row in chosen(arguments.folder, arguments.per_artist):
        with Image.open(arguments.folder / row["path"]) as opened:
            pixels += [read_pixels(written(picture)) for picture in stored(opened.convert("RGB"))]
        artists += [row["artist"]] * 2
    ways = np.arange(len(pixels)) % 2
    print(f"{len(pixels) // 2} works of {len(set(artists))} artists, each in both ways")
    nets = {"frozen start": build(7, arguments.weights, seed=0)}
    nets |= {str(run): keras.models.load_model(run / MODEL, compile=False) for run in arguments.run}
    for name, net in nets.items():
        print(f"{name}: {told(features(trunk_features(net), np.stack(pixels)), ways, np.array(artists)):.1%} told")


if __name__ == "__main__":
    main()
