"""From a trained model to its scorecard.

    python -m training evaluate --data DATASET --run RUN [--against VERSION] [--certain-from 0.5] [--skip-protocols]

Reads DATASET as `prepare` and RUN as `train` wrote it. The temperature is fitted on the validation pictures; `test` holds artists that
were neither trained on nor validated by. External pictures are those of other collections: by `external-tuning` a recipe may be chosen,
`external-test` decides nothing and is only measured, `external` is both together, as versions before the third were measured.

Writes RUN:

    scorecard.json                 every figure; export reads the temperature and the figures of the model card from it
    scorecard.md                   the same for a person
    confusion-PART.png             the confusion matrix of each part
    reliability.png coverage.png   confidence against accuracy, and accuracy against the share of pictures answered
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from training import measure, plots, scorecard
from training.config import Mistake
from training.report import markdown
from training.sides import EXTERNALS
from training.train import MODEL, RUN, write_json

SCORECARD = "scorecard.json"
# What the gateway calls certain unless its operator says otherwise.
CERTAIN_FROM = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="folder that train wrote, and where the scorecard goes")
    parser.add_argument(
        "--against", type=Path, metavar="VERSION", help="a published version's folder, to be measured on the same pictures beside it"
    )
    parser.add_argument(
        "--certain-from", type=float, default=CERTAIN_FROM, metavar="SHARE", help="confidence of a certain answer (default 0.5)"
    )
    parser.add_argument(
        "--skip-protocols", action="store_true", help="leave out the paper's leaky split and its scaling, which take minutes"
    )


def run(args: argparse.Namespace) -> None:
    if not 0 < args.certain_from < 1:
        raise Mistake("--certain-from must lie between 0 and 1.")
    facts = read_run(args.run)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Keras takes seconds to import, which `--help` need not wait for.
    import keras

    from training.data import load
    from training.fit import START, outputs_of
    from training.protocols import compare

    dataset = load(args.data)
    genres = list(dataset.genres)
    if facts["genres"] != genres or facts["dataset"] != dataset.digest:
        raise Mistake(
            f"{args.run} was not trained on {args.data}: its test pictures may have been trained on. Name the dataset it was trained on."
        )
    model = keras.models.load_model(args.run / MODEL, compile=False)
    wanted = {"validation": ("validation",), "test": ("test",), **{half: (half,) for half in EXTERNALS}, "external": EXTERNALS}
    parts = {name: part for name, splits in wanted.items() if (part := dataset.part(*splits)).rows}
    raw = {name: outputs_of(model, part.pixels) for name, part in parts.items()}
    temperature = fit_temperature(raw["validation"], parts["validation"].labels)

    known = {row["group"] for name in ("train", "validation") for row in dataset.part(name).rows}
    cards: dict[str, scorecard.Figures] = {}
    reliabilities, coverages = {}, {}
    for name, part in parts.items():
        scores = measure.tempered(raw[name], temperature)
        groups = np.array([row["group"] for row in part.rows])
        cards[name] = scorecard.describe(raw[name], scores, part.labels, groups=groups, genres=genres, certain_from=args.certain_from)
        unseen = np.array([group not in known for group in groups])
        if name == "external" and unseen.any() and not unseen.all():
            cards["external_unseen"] = scorecard.describe(
                raw[name][unseen], scores[unseen], part.labels[unseen], groups=groups[unseen], genres=genres, certain_from=args.certain_from
            )
        if name in EXTERNALS:
            continue  # its pictures are among `external`'s, which has a plot
        reliabilities[f"{name}, scaled"] = scorecard.reliability(scores, part.labels)
        coverages[name] = scorecard.coverage(scores, part.labels)
        plots.confusion(np.array(cards[name]["confusion_matrix"]), genres, name.capitalize(), args.run / f"confusion-{name}.png")
    reliabilities["validation, unscaled"] = scorecard.reliability(raw["validation"], parts["validation"].labels)
    plots.reliability(reliabilities, args.run / "reliability.png")
    plots.coverage(coverages, args.run / "coverage.png")

    card: dict[str, object] = {
        "genres": genres,
        "temperature": temperature,
        "parts": cards,
        "run": facts,
        "dataset": {"trained_on": len(dataset.part("train").rows), "counts": dataset.about["counts"], "digest": facts["dataset"]},
    }
    if args.against is not None:
        card["against"] = against(args.against, parts, genres)
    if not args.skip_protocols and "test" in parts:
        card["protocols"] = compare(args.run / START, model, dataset, raw["test"], facts["seed"])
    write_json(args.run / SCORECARD, card)
    temporary = args.run / ".part.scorecard.md"
    temporary.write_text(markdown(json.loads(json.dumps(card))), encoding="utf-8")
    temporary.replace(args.run / "scorecard.md")
    for name, figures in cards.items():
        print(f"{name}: accuracy {figures['accuracy']}, balanced {figures['balanced_accuracy']}")


def read_run(folder: Path) -> dict[str, Any]:
    """The run.json of a finished run. Raises Mistake where `folder` holds none."""
    try:
        facts: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except OSError as error:
        raise Mistake(f"{folder} holds no finished run. Make one with `python -m training train --out {folder}`.") from error
    return facts


def against(version: Path, parts: dict[str, Any], genres: list[str]) -> dict[str, Any]:
    """The accuracy and the mean recall of a published version on the same pictures. Raises Mistake where it is none, or of other genres."""
    from training.published import scores_of

    figures: dict[str, Any] = {}
    for name, part in parts.items():
        scores = scores_of(version, part.pixels, genres)
        figures[name] = {
            "accuracy": round(measure.accuracy(scores, part.labels), 4),
            "balanced_accuracy": round(measure.balanced_accuracy(scores, part.labels), 4),
        }
    return {"version": version.name, "parts": figures}


def fit_temperature(scores: measure.Scores, labels: measure.Labels) -> float:
    """The temperature with the least loss on these pictures (Guo et al., 2017), to a thousandth of its logarithm in [1/10, 10]."""
    grid = np.exp(np.linspace(-np.log(10), np.log(10), 4606))
    losses = [measure.loss(measure.tempered(scores, temperature), labels) for temperature in grid]
    return float(grid[int(np.argmin(losses))])
