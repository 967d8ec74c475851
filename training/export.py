"""From a run and its scorecard to the next version of the model repository.

    python -m training export --data DATASET --run RUN [--repository model_repository] [--pictures FOLDER ...]

Reads RUN as `train`, `typicality` and `evaluate` wrote it, and the pictures of DATASET to try the result on. FOLDERs are those that
`prepare` made DATASET of, for the titles of similar works and the spelling of their artists.

Writes REPOSITORY/painting_genre/N, N one more than the highest there:

    saved_model.pb, variables/                    the signatures of gateway/contract.py; temperature folded into the logits, batch norm
                                                  into the convolutions, weights as constants
    assets.extra/tf_serving_warmup_requests       requests of one picture and of eight, run on loading
    model.tflite                                  the same for LiteRT, which the embedded model server runs
    assets.extra/model_card.json, labels.txt      what it is, from what, how good; the genres in the order of the scores
    assets.extra/works.csv                        artist and title of each work that `similar` answers with

All of it is written to a folder whose name servers ignore, loaded as a server loads it, fed pictures through the gateway's
preprocessing, compared with the Keras model, held to the scorecard, and only then renamed: whenever it is stopped, the repository is as it
was. Whether it may be served `python -m release compare` tells.
"""

import argparse
import json
import os
import re
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import (
    CERTAIN_OUTPUT,
    CLASSES_OUTPUT,
    EXPECTED_ACCURACY_OUTPUT,
    EXPLAIN_SIGNATURE,
    HEATMAP_OUTPUT,
    IMAGE_INPUT,
    MAX_BATCH,
    MODEL_NAME,
    PREDICT_SIGNATURE,
    SCORES_OUTPUT,
    TYPICALITY_OUTPUT,
)
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels, to_tensor
from training import lite, measure, similar
from training.certain import Answers, certain, kinds
from training.config import StageError
from training.distribution import distribution
from training.early import see_dataset, see_file
from training.evaluate import SCORECARD
from training.files import regular
from training.hints import command
from training.reading import reading
from training.sides import EXTERNALS
from training.tell import tell
from training.train import MODEL, write_json
from training.trust import Trust, seen, trust_of

TEMPORARY = ".export-"
LARGEST_DIFFERENCE = 1e-4  # of a score from the Keras model's
LARGEST_TYPICALITY_DIFFERENCE = 0.01
LARGEST_DRIFT = 0.005  # of the accuracy from the scorecard's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="folder that train and evaluate wrote")
    parser.add_argument("--repository", type=Path, default=Path("model_repository"), metavar="FOLDER", help="default model_repository")
    parser.add_argument("--pictures", type=Path, nargs="+", default=[], metavar="FOLDER", help="those that prepare read, for the titles")


def run(args: argparse.Namespace) -> None:
    see_dataset(args.data)
    see_file(args.run / SCORECARD, "scorecard", command("evaluate", args.data, run=args.run))
    card = read_scorecard(args.run)
    # TensorFlow takes seconds to import, which `--help` need not wait for.
    import keras
    import tensorflow as tf

    from training.card import model_card
    from training.data import load
    from training.freeze import signatures
    from training.warmup import write_warmup
    from training.works import index_of, similarity

    dataset = load(args.data)
    if card["dataset"]["digest"] != dataset.digest:
        raise StageError(f"{args.run} was not trained on {args.data}. Name the dataset it was trained on.")
    model = keras.models.load_model(args.run / MODEL, compile=False)
    versions = args.repository / MODEL_NAME
    versions.mkdir(parents=True, exist_ok=True)
    for leftover in versions.glob(f"{TEMPORARY}*"):
        shutil.rmtree(leftover)
    folder = versions / f"{TEMPORARY}{os.getpid()}"
    try:
        trust = trust_of(args.run, card)
        index = index_of(args.run, dataset, args.pictures)
        module, functions = signatures(model, dataset.genres, card["temperature"], trust, index)
        tf.saved_model.save(module, folder, signatures=functions)
        extra = folder / "assets.extra"
        extra.mkdir()
        write_warmup(extra / "tf_serving_warmup_requests", functions)
        (extra / "works.csv").write_text(similar.table(index), encoding="utf-8")
        (extra / "labels.txt").write_text("".join(f"{genre}\n" for genre in dataset.genres), encoding="utf-8")

        unseen, splits = ("test", ("test",)) if "test" in card["parts"] else ("external", EXTERNALS)
        test = dataset.part(*splits)
        pictures = through_the_gateway(test.pixels)
        expected = measure.tempered(model.predict(pictures, batch_size=MAX_BATCH, verbose=0), card["temperature"])
        loaded = tf.saved_model.load(folder)
        difference = verify(
            loaded,
            pictures=pictures,
            expected=expected,
            labels=test.labels,
            genres=dataset.genres,
            measured=card["parts"][unseen],
        )
        verify_trust(loaded, pictures, trust, np.concatenate([seen(args.run, split) for split in splits if dataset.part(split).rows]))
        lite.add(folder, loaded, pictures)
        number = next_number(versions)
        measured = {
            "largest_difference_from_keras": difference,
            "reference": reference_of(loaded, dataset),
            "similar": similarity(args.run, dataset, index),
        }
        write_json(extra / "model_card.json", model_card(number, card, dataset, measured))
        for file in (file for file in folder.rglob("*") if file.is_file()):
            flush(file)
        folder.rename(versions / str(number))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    facts = {"version": str(versions / str(number)), "largest_difference_from_keras": difference}
    tell(args, facts, f"Published {versions / str(number)}; scores differ from the Keras model's by at most {difference:.1e}.")


def read_scorecard(folder: Path) -> dict[str, Any]:
    """The scorecard of a run. Raises StageError where there is none, or none with a test part and of no last training."""
    see_file(folder / SCORECARD, "scorecard", command("evaluate", run=folder))
    with reading(f"{folder / SCORECARD} cannot be read: {{cause}}. Make it again with {command('evaluate', run=folder)}."):
        card: dict[str, Any] = json.loads(regular(folder / SCORECARD).read_text(encoding="utf-8"))
        if "test" not in card["parts"] and "chosen_by" not in card:
            raise StageError(
                "The dataset of this run has no test pictures, so nobody knows how good the model is. Prepare one with --split artist."
            )
        return card


def through_the_gateway(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The pictures uint8 (n, 224, 224, 3) as PNG files, and these as the gateway makes the model's input of uploads."""
    tensors = np.empty(pixels.shape, np.float32)
    for tensor, picture in zip(tensors, pixels, strict=True):
        file = BytesIO()
        Image.fromarray(picture).save(file, "PNG", compress_level=1)
        tensor[...] = to_tensor(to_pixels(open_picture(file.getvalue())))
    return tensors


def verify(
    loaded: Any,
    *,
    pictures: npt.NDArray[np.float32],
    expected: npt.NDArray[np.floating],
    labels: npt.NDArray[np.int64],
    genres: tuple[str, ...],
    measured: dict[str, Any],
) -> float:
    """Hold a loaded SavedModel to the contract, the Keras model's scores `expected` and the test part's figures `measured`.

    Returns the largest difference of a score. Raises StageError with what does not hold.
    """
    explained = answers(loaded, EXPLAIN_SIGNATURE, pictures)
    predicted = answers(loaded, PREDICT_SIGNATURE, pictures)
    scores, heatmap = explained[SCORES_OUTPUT], explained[HEATMAP_OUTPUT]
    difference = float(max(np.abs(scores - expected).max(), np.abs(predicted[SCORES_OUTPUT] - expected).max()))
    if not difference <= LARGEST_DIFFERENCE:
        raise StageError(f"The exported scores differ from the Keras model's by {difference:.1e}, more than {LARGEST_DIFFERENCE:.0e}.")
    wanted = np.tile(np.array([genre.encode() for genre in genres], dtype=object), (len(pictures), 1))
    if not (np.array_equal(predicted[CLASSES_OUTPUT], wanted) and np.array_equal(explained[CLASSES_OUTPUT], wanted)):
        raise StageError("The exported classes are not the dataset's genres.")
    if heatmap.shape != (len(pictures), 7, 7) or heatmap.min() < 0 or heatmap.max() > 1:
        raise StageError(
            f"The exported heat map is {heatmap.shape} in [{heatmap.min():.2f}, {heatmap.max():.2f}] and not (n, 7, 7) in [0, 1]."
        )
    accuracy = measure.accuracy(scores, labels)
    if abs(accuracy - measured["accuracy"]["value"]) > LARGEST_DRIFT:
        raise StageError(f"The exported model's accuracy is {accuracy:.3f}, the scorecard's {measured['accuracy']['value']:.3f}.")
    return difference


def verify_trust(loaded: Any, pictures: npt.NDArray[np.float32], trust: Trust, typicality: npt.NDArray[np.floating]) -> None:
    """Hold a loaded SavedModel to the typicality (n,) that was found, and to certain.py. Raises StageError with what does not hold."""
    found = answers(loaded, PREDICT_SIGNATURE, pictures)
    apart = float(np.abs(found[TYPICALITY_OUTPUT] - typicality).max())
    if not apart <= LARGEST_TYPICALITY_DIFFERENCE:
        raise StageError(
            f"The exported typicality differs from that of the run by {apart:.1e}. Run {command('typicality', run=Path('RUN'))} again."
        )
    scores, typical = found[SCORES_OUTPUT], found[TYPICALITY_OUTPUT]
    sure = certain(Answers(scores, scores.argmax(axis=1), typical, np.empty(0, str)), trust.limits)
    shares = np.array(trust.expected, np.float32)[kinds(sure, typical)]
    if not (np.array_equal(found[CERTAIN_OUTPUT], sure) and np.array_equal(found[EXPECTED_ACCURACY_OUTPUT], shares)):
        raise StageError("The exported rule of what is certain is not the scorecard's.")


def reference_of(loaded: Any, dataset: Any) -> dict[str, Any]:
    """What the model says of the pictures that it has not learned from: of its training pictures it is surer than of any others."""
    parts = [part for part in ("validation", "test") if dataset.part(part).rows] or list(EXTERNALS)
    pixels = dataset.part(*parts).pixels
    scores = answers(loaded, PREDICT_SIGNATURE, to_tensor(pixels))[SCORES_OUTPUT]
    return {"parts": parts, **distribution(pixels, scores, dataset.genres)}


def answers(loaded: Any, signature: str, pictures: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
    """The outputs of a loaded model's signature for `pictures` float32 (n, 224, 224, 3), asked in the largest batches a server takes."""
    import tensorflow as tf

    ask = loaded.signatures[signature]
    parts = [ask(**{IMAGE_INPUT: tf.constant(pictures[at : at + MAX_BATCH])}) for at in range(0, len(pictures), MAX_BATCH)]
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}


def next_number(versions: Path) -> int:
    """One more than the highest version in the folder, 1 in an empty one."""
    return max((int(path.name) for path in versions.iterdir() if re.fullmatch("[0-9]{1,18}", path.name)), default=0) + 1


def flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
