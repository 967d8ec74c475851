"""From a dataset to a trained model.

    python -m training train --data DATASET --out RUN [--recipe ragam|paper] [--config FILE] [--epochs N ...]
    python -m training train --data EVERYTHING --out LAST --last RUN

Every setting of the recipe is an argument and a key of FILE (TOML): `python -m training config` prints all.

Reads DATASET as `prepare` writes it: its `train` pictures to learn from, its `validation` and `external-tuning` pictures to choose by.
The second command is the last training, when RUN has chosen recipe and epochs: EVERYTHING, made with `prepare --split none`, has the
artists of validation and test among those to train on. Its share is chosen by `external-tuning`, which its history has for validation.
The same command again goes on where a killed run stopped, after its last full epoch, and ends as that would have ended; of a finished
run it trains nothing.
Ctrl-C ends the training and keeps the last full epoch; with --keep loss, that of the lowest validation loss so far. The run is finished.
Where TF_CONFIG names several workers, the same command in each trains together: training/cluster.py.

Writes RUN:

    checkpoints/               after every epoch, all that the next one needs; goes when the run is finished
    start.weights.h5           the weights before the main phase
    history.csv                loss and accuracy of both sides by epoch, from 0; accuracy.png and loss.png show it
    logs/                      the same for TensorBoard
    model.keras                the model to keep
    run.json                   recipe, dataset, seed, what was kept and why it stopped, library versions; written last
    mlflow.json                what MLflow was told, where MLFLOW_TRACKING_URI names a server: training/tracking.py
"""

import argparse
import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training import last, options, plots
from training.cluster import from_environment
from training.config import StageError
from training.early import see_inputs, see_that_writable
from training.files import regular
from training.last import RUN
from training.printed import say
from training.reading import reading
from training.sides import EXTERNAL_TUNING
from training.tell import kept_in_words, tell
from training.whole import whole

if TYPE_CHECKING:  # importing it takes seconds
    import keras

MODEL = "model.keras"
ASKED = "asked.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder to write; an unfinished run in it goes on")
    parser.add_argument(
        "--last", type=Path, metavar="RUN", help="a finished run, of which all of the recipe but --weights and --teacher is taken"
    )
    options.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    recipe = options.chosen(args)
    before = None if args.last is None else last.read_run(args.last)
    if before is not None:
        recipe = last.settled(before, recipe)

    cluster = from_environment()
    see_inputs(args.data, recipe)
    if cluster.is_chief:
        see_that_writable(args.out)
    # Keras takes seconds to import, which `--help` need not wait for.
    from keras.callbacks import LambdaCallback

    from training import devices
    from training.callbacks import CHECKPOINTS, WORK
    from training.data import load
    from training.fit import fit, kept
    from training.teach import taught
    from training.tracking import OF_TRAINING, Tracking

    tracking = Tracking(args.out, on=cluster.is_chief)
    dataset = load(args.data)
    genres = list(dataset.genres)
    asked: dict[str, Any] = {
        **options.about(recipe),
        "genres": genres,
        "dataset": dataset.digest,
    }
    train, validation, tuning = dataset.part("train"), dataset.part("validation"), dataset.part(EXTERNAL_TUNING)
    if before is not None:
        asked["chosen_by"] = last.chosen_by(before, asked, dataset, taught=recipe.teacher is not None)
        validation = tuning
    if not (train.rows and validation.rows):
        raise StageError(f"{args.data} has no pictures to train on, or none to validate. Prepare one with more pictures.")
    if recipe.teacher is not None:
        train, asked["teacher"] = taught(Path(recipe.teacher), dataset, recipe.soft_share)
    if cluster.is_chief:
        start_or_resume(args.out, asked)
    if (args.out / RUN).exists():
        tell(args, last.read_run(args.out), f"{args.out} holds this run, finished.")
        return
    counts = {"train": len(train.labels), "validation": len(validation.labels)}
    learned = f"{counts['train']:,} pictures to train on, {counts['validation']:,} to validate, {len(genres)} genres"
    tell(args, {"recipe": recipe.name, "genres": genres, **counts}, f"Recipe {recipe.name}: {learned}; on {devices.in_words(cluster)}.")
    tracking.tell(asked)

    rows, stopped = fit(
        recipe,
        train,
        validation,
        genre_count=len(genres),
        weights=None if recipe.weights == "none" else recipe.weights,
        seed=recipe.seed,
        out=args.out,
        as_json=args.json,
        more=[LambdaCallback(on_epoch_end=lambda *_: tracking.tell(asked))],
        cluster=cluster,
        asked=json.dumps(asked),
    )
    if not cluster.is_chief:
        return
    model, epoch, shares = kept(recipe, len(genres), args.out, rows, (validation, tuning) if before is None else (tuning,))

    write_kept(args.out, model, rows)
    report = {
        **asked,
        **({"workers": cluster.workers} if cluster.workers else {}),
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
    tracking.tell(report, {"kept_epoch": epoch, "share": shares["chosen"]}, OF_TRAINING)
    tell(args, report, f"Stopped: {stopped}. {kept_in_words(epoch, shares)}")
    for folder in (CHECKPOINTS, WORK):
        shutil.rmtree(args.out / folder, ignore_errors=True)


def write_kept(out: Path, model: "keras.Model", rows: list[dict[str, float]]) -> None:
    """The model to keep, and the history with its curves."""
    from training.callbacks import HISTORY, WORK

    if rows:
        with whole(out / HISTORY) as beside:
            beside.write_bytes((out / WORK / HISTORY).read_bytes())
        plots.curves(rows, out)
    with whole(out / MODEL) as beside:
        model.save(beside)


def start_or_resume(out: Path, asked: dict[str, object]) -> None:
    """Make the folder of a new run, or see that the unfinished run in it was asked for the same."""
    from training.callbacks import snapshot
    from training.fit import START

    out.mkdir(parents=True, exist_ok=True)
    file = out / ASKED
    if not file.exists():
        if any(out.iterdir()):
            raise StageError(f"{out} is not empty and holds no run. Name another --out.")
        write_json(file, asked)
        return
    before = read_asked(file)
    differing = [name for name, value in json.loads(json.dumps(asked)).items() if before.get(name) != value]
    if snapshot(out) is None and not (out / RUN).exists():
        # It failed, or was killed before its first epoch ended: nothing is lost where something else is asked now.
        if differing:
            (out / START).unlink(missing_ok=True)
            write_json(file, asked)
        return
    if differing:
        raise StageError(f"{out} holds a run with another {' and '.join(differing)}. Name another --out, or remove it.")
    if not (out / RUN).exists():
        say("Going on after the last full epoch.", wrong=True)


def read_asked(file: Path) -> dict[str, Any]:
    """Raises StageError where the file is damaged."""
    with reading(f"{file} cannot be read: {{cause}}. Name another --out, or remove {file.parent}."):
        return dict(json.loads(regular(file).read_text(encoding="utf-8")))


def write_json(path: Path, content: object) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """The file, whole or not at all."""
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8")
