"""From a dataset to a trained model.

    python -m training train --data DATASET --out RUN [--recipe ragam|paper] [--weights imagenet|PATH|none] [--epochs N] [--seed N]
    python -m training train --data EVERYTHING --out LAST --last RUN

Reads DATASET as `prepare` writes it: its `train` pictures to learn from, its `validation` and `external-tuning` pictures to choose by.
The second command is the last training, when RUN has chosen recipe and epochs: EVERYTHING, made with `prepare --split none`, has the
artists of validation and test among those to train on. Its share is chosen by `external-tuning`, which its history has for validation.
The same command again goes on where a killed run stopped, after its last full epoch, and ends as that would have ended.
Ctrl-C ends the training and keeps the best weights so far.

Writes RUN:

    checkpoints/               after every epoch, all that the next one needs; goes when the run is finished
    start.weights.h5           the weights before the main phase
    history.csv                loss and accuracy of both sides by epoch, from 0; accuracy.png and loss.png show it
    logs/                      the same for TensorBoard
    model.keras                the model to keep
    run.json                   recipe, dataset, seed, what was kept and why it stopped, library versions; written last
"""

import argparse
import json
import os
import platform
import shutil
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training import last, plots
from training.config import RECIPES, StageError
from training.last import RUN
from training.sides import EXTERNAL_TUNING

MODEL = "model.keras"
ASKED = "asked.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder to write; an unfinished run in it goes on")
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="ragam", help="see training/config.py (default ragam)")
    parser.add_argument(
        "--weights", default="imagenet", metavar="imagenet|PATH|none", help="where MobileNetV2 starts (default imagenet, downloaded)"
    )
    parser.add_argument("--teacher", type=Path, metavar="FILE", help="soft labels that `teach` wrote, to learn from beside the labels")
    parser.add_argument(
        "--last",
        type=Path,
        metavar="RUN",
        help="a finished run, of which recipe, epochs and seed are taken",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="at most so many instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0, help="of the head, the order, the augmentation (default 0)")


def run(args: argparse.Namespace) -> None:
    if args.epochs is not None and args.epochs < 1:
        raise StageError("--epochs must be at least 1.")
    before = None if args.last is None else last.read_run(args.last)
    recipe, seed = (RECIPES[args.recipe], args.seed) if before is None else (last.settled(before), before["seed"])
    if args.epochs is not None and before is None:
        recipe = replace(recipe, epochs=args.epochs)
    if (args.out / RUN).exists():
        raise StageError(f"{args.out} holds a finished run. Name another --out, or remove it.")

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Keras takes seconds to import, which `--help` need not wait for.
    from training.callbacks import CHECKPOINTS, HISTORY, WORK
    from training.data import load
    from training.fit import fit, kept
    from training.teach import taught

    dataset = load(args.data)
    genres = list(dataset.genres)
    asked: dict[str, Any] = {
        "recipe": asdict(recipe),
        "seed": seed,
        "weights": Path(args.weights).name,
        "genres": genres,
        "dataset": dataset.digest,
    }
    train, validation, tuning = dataset.part("train"), dataset.part("validation"), dataset.part(EXTERNAL_TUNING)
    if before is not None:
        asked["chosen_by"] = last.chosen_by(before, asked, dataset, taught=args.teacher is not None)
        validation = tuning
    if not (train.rows and validation.rows):
        raise StageError(f"{args.data} has no pictures to train on, or none to validate. Prepare one with more pictures.")
    if args.teacher is not None:
        train, asked["teacher"] = taught(args.teacher, dataset, recipe.soft_share)
    start_or_resume(args.out, asked)
    print(
        f"Recipe {recipe.name}: {len(train.labels):,} pictures to train on, {len(validation.labels):,} to validate, {len(genres)} genres."
    )

    rows, stopped = fit(
        recipe,
        train,
        validation,
        genre_count=len(genres),
        weights=None if args.weights == "none" else args.weights,
        seed=seed,
        out=args.out,
    )
    model, epoch, shares = kept(recipe, len(genres), args.out, rows, (validation, tuning) if before is None else (tuning,))
    print(f"Stopped: {stopped}. Kept epoch {epoch}, {shares['chosen']:.0%} of its weights and the rest of the start's.")

    if rows:
        shutil.copy(args.out / WORK / HISTORY, args.out / HISTORY)
        plots.curves(rows, args.out)
    temporary = args.out / f".part.{MODEL}"
    model.save(temporary)
    temporary.replace(args.out / MODEL)
    report = {
        **asked,
        "kept_epoch": epoch,
        "shares": shares,
        "stopped": stopped,
        "epochs": len(rows),
        "picture_steps": len(rows) * len(train.labels),
        "seconds": round(sum(row["seconds"] for row in rows)),
        "parameters": model.count_params(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in ("tensorflow", "keras", "numpy", "pillow")},
    }
    write_json(args.out / RUN, report)
    for folder in (CHECKPOINTS, WORK):
        shutil.rmtree(args.out / folder, ignore_errors=True)


def start_or_resume(out: Path, asked: dict[str, object]) -> None:
    """Make the folder of a new run, or see that the unfinished run in it was asked for the same."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / ASKED
    if not file.exists():
        if any(out.iterdir()):
            raise StageError(f"{out} is not empty and holds no run. Name another --out.")
        write_json(file, asked)
        return
    before = json.loads(file.read_text())
    differing = [name for name, value in json.loads(json.dumps(asked)).items() if before.get(name) != value]
    if differing:
        raise StageError(f"{out} holds a run with another {' and '.join(differing)}. Name another --out, or remove it.")
    print("Going on after the last full epoch.")


def write_json(path: Path, content: object) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    temporary.replace(path)
