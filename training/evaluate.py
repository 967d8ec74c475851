"""From a trained model to its scorecard.

    python -m training evaluate --data DATASET --run RUN [--chosen RUN] [--against VERSION] [--skip-protocols]

Reads DATASET as `prepare` and RUN as `train` and `typicality` wrote it. The temperature is fitted on the validation and the external-tuning
pictures, which count alike; by the latter certain.py chooses from which scores on an answer is certain. `test` holds artists that were
neither trained on nor validated by. External pictures are those of other collections: by `external-tuning` a recipe may be chosen,
`external-test` decides nothing and is only measured, `external` is both together, as versions before the third were measured.

A last training (`train --last`) has learned from the artists of validation and test, so that it is measured on external pictures alone;
beside them stand the figures of the run that chose it, which --chosen names and which is measured before. How a score and the share right
go together certain.py learns on validation from that run's answers.

Writes RUN:

    scorecard.json                 every figure; export reads the temperature and the figures of the model card from it
    scorecard.md                   the same for a person
    validated.npz                  the answers on validation, for a last training
    predictions.csv                of every picture the label, the answer, all scores, part and artist
    worst.html                     the surest mistakes with their heat maps, in one file; for your eyes, as the pictures may not be free
    confusion-PART.png             the confusion matrix of each part
    reliability.png coverage.png   confidence against accuracy, and accuracy against the share of pictures answered
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training import measure, plots, predictions, scorecard
from training.certain import KINDS, Answers, Share, certain, expected, left_out_in_turn, thresholds
from training.config import StageError
from training.early import see_dataset, see_file
from training.files import regular
from training.hints import command
from training.last import figures_of, read_run
from training.report import markdown, sentences
from training.sides import EXTERNAL_TEST, EXTERNAL_TUNING, EXTERNALS
from training.tell import tell
from training.tracking import OF_EVALUATION, Tracking, card_figures
from training.train import MODEL, write_json, write_text
from training.trust import LIKENESS, SEEN, VALIDATED, read_validated, write_arrays
from training.typicality import REPORT

SCORECARD = "scorecard.json"
PARTS = {"validation": ("validation",), "test": ("test",), **{half: (half,) for half in EXTERNALS}, "external": EXTERNALS}
HALVES = {"external": EXTERNALS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="folder that train wrote, and where the scorecard goes")
    parser.add_argument("--chosen", type=Path, metavar="RUN", help="the run that a last training was chosen by, already evaluated")
    parser.add_argument(
        "--against", type=Path, metavar="VERSION", help="a published version's folder, to be measured on the same pictures beside it"
    )
    parser.add_argument(
        "--skip-protocols", action="store_true", help="leave out the paper's leaky split and its scaling, which take minutes"
    )


def run(args: argparse.Namespace) -> None:
    facts = read_run(args.run)
    see_what_is_needed(args.data, args.run)
    chosen = figures_of(facts, args.chosen, SCORECARD)
    tracking = Tracking(args.run)
    # Keras takes seconds to import, which `--help` need not wait for.
    import keras

    from training.data import load
    from training.fit import START, outputs_of
    from training.protocols import compare

    dataset, genres = load(args.data), facts["genres"]
    if list(dataset.genres) != genres or facts["dataset"] != dataset.digest:
        raise StageError(
            f"{args.run} was not trained on {args.data}: its test pictures may have been trained on. Name the dataset it was trained on."
        )
    model = keras.models.load_model(args.run / MODEL, compile=False)
    parts = {name: part for name, splits in PARTS.items() if (part := dataset.part(*splits)).rows}
    raw = {name: outputs_of(model, part.pixels) for name, part in parts.items()}
    temperature = fit_temperature([(raw[name], parts[name].labels) for name in ("validation", EXTERNAL_TUNING) if name in parts])

    typical = read_typicality(args.run, parts, command("typicality", args.data, run=args.run))
    answers = {
        name: Answers(measure.tempered(raw[name], temperature), part.labels, typical[name], np.array([row["group"] for row in part.rows]))
        for name, part in parts.items()
    }
    known = {row["group"] for name in ("train", "validation") for row in dataset.part(name).rows}
    if "validation" in answers:
        write_arrays(args.run / VALIDATED, asdict(answers["validation"]))
    limits, shares = trusted(answers if chosen is None else {**answers, "validation": read_validated(args.chosen)}, known)
    sures = {name: certain(found, limits) for name, found in answers.items()}
    measured = predictions.Measured({name: part for name, part in parts.items() if name not in HALVES}, answers, sures, genres)
    predictions.write(args.run, measured, model)
    cards: dict[str, scorecard.Figures] = {}
    reliabilities, coverages = {}, {}
    for name, part in parts.items():
        sure = sures[name]
        scores, groups = answers[name].scores, answers[name].groups
        cards[name] = scorecard.describe(raw[name], scores, part.labels, groups=groups, genres=genres, sure=sure)
        unseen = np.array([group not in known for group in groups])
        if name == "external" and unseen.any() and not unseen.all():
            cards["external_unseen"] = scorecard.describe(
                raw[name][unseen], scores[unseen], part.labels[unseen], groups=groups[unseen], genres=genres, sure=sure[unseen]
            )
        if name in EXTERNALS:
            continue  # its pictures are among `external`'s, which has a plot
        reliabilities[f"{name}, scaled"] = scorecard.reliability(scores, part.labels)
        coverages[name] = scorecard.coverage(scores, part.labels)
        plots.confusion(np.array(cards[name]["confusion_matrix"]), genres, name.capitalize(), args.run / f"confusion-{name}.png")
    first = "validation" if "validation" in parts else "external"
    reliabilities[f"{first}, unscaled"] = scorecard.reliability(raw[first], parts[first].labels)
    plots.reliability(reliabilities, args.run / "reliability.png")
    plots.coverage(coverages, args.run / "coverage.png")

    card: dict[str, Any] = {
        "genres": genres,
        "temperature": temperature,
        "trust": {
            "certain_from": {genre: round(float(limit), 4) if limit <= 1 else None for genre, limit in zip(genres, limits, strict=True)},
            "expected_accuracy": {
                kind: {"answers": share.answers, "right": round(share.right, 4)} for kind, share in zip(KINDS, shares, strict=True)
            },
            "typicality": json.loads(regular(args.run / REPORT).read_text(encoding="utf-8")),
        },
        "parts": cards,
        "run": facts,
        "dataset": {"trained_on": len(dataset.part("train").rows), "counts": dataset.about["counts"], "digest": facts["dataset"]}
        | {"without_artist": dataset.about.get("without_artist", 0)},
    }
    card |= {"chosen_by": chosen} if chosen is not None else {}
    card |= {"against": against(args.against, parts, genres)} if args.against is not None else {}
    if not args.skip_protocols and "test" in parts:
        card["protocols"] = compare(args.run / START, model, dataset, raw["test"], facts["seed"])
    write_json(args.run / SCORECARD, card)
    write_text(args.run / "scorecard.md", markdown(json.loads(json.dumps(card))))
    tracking.tell(facts, card_figures(card), OF_EVALUATION)
    tell(args, card, *sentences(card), f"All figures: {args.run / 'scorecard.md'}; the surest mistakes: {args.run / predictions.WORST}.")


def see_what_is_needed(data: Path, folder: Path) -> None:
    """Raises StageError where a file of an earlier stage is missing."""
    see_dataset(data)
    for name in (SEEN, LIKENESS, REPORT):
        see_file(folder / name, name, command("typicality", data, run=folder))


def against(version: Path, parts: dict[str, Any], genres: list[str]) -> dict[str, Any]:
    """The accuracy and the mean recall of a published version on the same ones. Raises StageError where it is none, or of other genres."""
    from training.published import scores_of

    figures: dict[str, Any] = {}
    for name, part in parts.items():
        scores = scores_of(version, part.pixels, genres)
        figures[name] = {
            "accuracy": round(measure.accuracy(scores, part.labels), 4),
            "balanced_accuracy": round(measure.balanced_accuracy(scores, part.labels), 4),
        }
    return {"version": version.name, "parts": figures}


def fit_temperature(sets: Sequence[tuple[measure.Scores, measure.Labels]]) -> float:
    """The temperature with the least mean loss of these sets (Guo et al., 2017), to a thousandth of its logarithm in [1/10, 10]."""
    grid = np.exp(np.linspace(-np.log(10), np.log(10), 4606))
    losses = [
        float(np.mean([measure.loss(measure.tempered(scores, temperature), labels) for scores, labels in sets])) for temperature in grid
    ]
    return float(grid[int(np.argmin(losses))])


def read_typicality(folder: Path, parts: dict[str, Any], how: str) -> dict[str, npt.NDArray[np.floating]]:
    """By part the typicality (n,) of its pictures. Raises StageError where `typicality` has not been run for them, and `how` it is."""
    try:
        with np.load(regular(folder / SEEN)) as seen:
            found = {name: np.concatenate([seen[half] for half in HALVES.get(name, (name,)) if half in seen]) for name in parts}
    except (OSError, ValueError) as error:
        raise StageError(f"{folder} has no {SEEN} that can be read. Make it with {how}.") from error
    if any(len(found[name]) != len(part.labels) for name, part in parts.items()):
        raise StageError(f"{folder}/{SEEN} is of other pictures. Make it again with {how}.")
    return found


def trusted(answers: dict[str, Answers], known: set[str]) -> tuple[npt.NDArray[np.floating], list[Share]]:
    """From which score (k,) an answer is certain, and how many of each of certain.KINDS are right, by artists other than the `known`.

    On the pictures by which the rule was chosen it does too well, and rules chosen without each artist in turn do too badly: both count, by
    the weights of the .632 estimator (Efron, 1983).
    """
    unseen = {name: part.where(np.array([group not in known for group in part.groups])) for name, part in answers.items()}
    validation = answers.get("validation")
    usable = (unseen.get(EXTERNAL_TUNING), validation, answers.get(EXTERNAL_TUNING))
    tuning = next(part for part in usable if part is not None and len(part.labels))
    fitted = [*([validation] if validation is not None and validation is not tuning else []), tuning]
    limits = thresholds(fitted, tuning)
    others = [answers[name] for name in ("validation", "test") if name in answers]
    # Without pictures for tuning `validation` is these, and would count twice.
    more = [(part, certain(part, limits)) for part in others if part is not tuning]
    unused = [(unseen[EXTERNAL_TEST], certain(unseen[EXTERNAL_TEST], limits))] if EXTERNAL_TEST in unseen else []
    outside = expected([(tuning, left_out_in_turn(fitted, tuning)), *unused], more)
    inside = expected([(tuning, certain(tuning, limits)), *unused], more)
    return limits, [replace(out, right=0.632 * out.right + 0.368 * own.right) for out, own in zip(outside, inside, strict=True)]
