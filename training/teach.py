"""Soft labels from a teacher that is only used in training: how much of each genre larger and other nets see in a picture.

    python -m training teach --data DATASET --out TEACHER.npz [--version VERSION] [--weights imagenet|PATH|none]

Reads DATASET as `prepare` wrote it. The teacher is the mean of two logistic regressions, on the frozen ImageNet features of
EfficientNet-Lite2 (requirements/teacher.txt has its weights) and of MobileNetV2, in which genres and artists weigh as in the sampling
of training/data.py; and of a published version, where one is given. What a regression says of a picture to train on comes from one
that was fitted without its artist.

Writes TEACHER.npz, which `train --teacher` reads: scores float32 (n, k) of the n pictures to train on, the digest of their dataset, and
the teacher's own figures, as JSON.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training import measure
from training.config import StageError
from training.early import see_dataset, see_that_writable, see_weights
from training.files import regular
from training.hints import cause, command
from training.sides import EXTERNAL_TUNING
from training.tell import tell
from training.trust import write_arrays

if TYPE_CHECKING:  # importing it takes seconds: TensorFlow
    from training.data import Dataset, Part

# The inverse of the penalty on the regression's coefficients, for features of variance 1: between 1e-4 and 3e-3 the figures differ by
# less than their noise.
STRENGTH = 3e-4
FOLDS = 5  # of artists, each taught by the regression on the others
JUDGED = ("validation", "test", EXTERNAL_TUNING)

Scores = npt.NDArray[np.float32]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="TEACHER.npz", help="file to write")
    parser.add_argument("--version", type=Path, metavar="VERSION", help="a published version's folder, a third teacher")
    parser.add_argument("--weights", default="imagenet", metavar="imagenet|PATH|none", help="MobileNetV2's (default imagenet, downloaded)")


def run(args: argparse.Namespace) -> None:
    see_dataset(args.data)
    see_weights(args.weights)
    see_that_writable(args.out.parent)
    # Keras takes seconds to import, which `--help` need not wait for.
    from training import efficientnet
    from training.data import chances, load
    from training.features import features
    from training.model import build, trunk_features
    from training.published import scores_of

    dataset = load(args.data)
    parts = {name: part for name in ("train", *JUDGED) if (part := dataset.part(name)).rows}
    artists = np.array([row["group"] for row in parts["train"].rows]) if "train" in parts else np.empty(0, str)
    if len(np.unique(artists)) < FOLDS:
        raise StageError(f"{args.data} has pictures by fewer than {FOLDS} artists to train on. Prepare one with more.")
    mobilenet = build(len(dataset.genres), None if args.weights == "none" else args.weights, seed=0)
    nets = {"efficientnet_lite2": efficientnet.trunk(), "mobilenet_v2": trunk_features(mobilenet)}
    weights = chances(parts["train"])
    told: dict[str, dict[str, Scores]] = {}
    for net, trunk in nets.items():
        seen = {name: features(trunk, part.pixels) for name, part in parts.items()}
        told[net] = probed(seen, parts["train"].labels, weights, artists)
    if args.version is not None:
        told[f"version {args.version.name}"] = {name: scores_of(args.version, part.pixels, dataset.genres) for name, part in parts.items()}
    mean = {name: np.asarray(np.mean([scores[name] for scores in told.values()], axis=0), np.float32) for name in parts}
    about = {teacher: figures(scores, parts) for teacher, scores in {**told, "mean": mean}.items()}
    write_arrays(args.out, {"scores": mean["train"], "dataset": np.array(dataset.digest), "about": np.array(json.dumps(about))})
    lines = [
        f"{teacher:20} {part:16} accuracy {one['accuracy']:.3f}, mean recall {one['balanced_accuracy']:.3f}"
        for teacher, parts_of in about.items()
        for part, one in parts_of.items()
    ]
    tell(args, about, *lines)


def probed(
    seen: Mapping[str, npt.NDArray[np.float32]],
    labels: measure.Labels,
    weights: npt.NDArray[np.float64],
    artists: npt.NDArray[np.str_],
) -> dict[str, Scores]:
    """The scores of every part by a regression on the features of `train`; those of `train` itself by regressions without the artist."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = seen["train"]

    def fitted(places: npt.NDArray[np.int64]) -> Pipeline:
        regression = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=300))
        chosen = weights[places] / weights[places].mean()
        return regression.fit(train[places], labels[places], logisticregression__sample_weight=chosen)

    genres = labels.max() + 1
    scores = np.zeros((len(train), genres), np.float32)
    for rest, fold in GroupKFold(FOLDS).split(train, labels, artists):
        one = fitted(rest)
        scores[np.ix_(fold, one[-1].classes_)] = one.predict_proba(train[fold])
    whole = fitted(np.arange(len(train)))
    others = {name: whole.predict_proba(found).astype(np.float32) for name, found in seen.items() if name != "train"}
    return {"train": scores, **others}


def taught(file: Path, dataset: "Dataset", share: float) -> tuple["Part", dict[str, object]]:
    """The pictures to train on with `share` of a teacher's soft labels, and what the file tells of the teacher. Raises StageError."""
    try:
        with np.load(regular(file), allow_pickle=False) as saved:
            scores, digest, about = saved["scores"], str(saved["dataset"]), json.loads(str(saved["about"]))
    except (OSError, ValueError, KeyError) as error:
        raise StageError(f"{file} holds no soft labels: {cause(error)}. Make them with {command('teach', out=file)}.") from error
    if digest != dataset.digest:
        raise StageError(f"{file} was made from another dataset. Make it again with {command('teach', out=file)}.")
    train = dataset.part("train")
    soft = share * scores + (1 - share) * train.targets(len(dataset.genres))
    return replace(train, soft=soft.astype(np.float32)), about


def figures(scores: Mapping[str, Scores], parts: Mapping[str, "Part"]) -> dict[str, dict[str, float]]:
    """Accuracy and mean recall of each part."""
    return {
        name: {
            "accuracy": round(measure.accuracy(scores[name], parts[name].labels), 4),
            "balanced_accuracy": round(measure.balanced_accuracy(scores[name], parts[name].labels), 4),
        }
        for name in scores
    }
