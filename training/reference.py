"""What a version says of pictures that it has not learned from, for drift to be told from: in its card, and as Prometheus' rules.

    python -m training reference [--repository model_repository] [--rules monitoring/rules/reference.yml] [--data DATASET]

Reads the card of every version in the repository. With --data a version that was made from DATASET and has no reference gets one:
it is asked for DATASET's validation and test pictures, and its card completed.

Writes RULES: the shares of the genres (ragam_training_genre_share) and of the bins of gateway/statistics.py
(ragam_training_bin_share) as constants, for Prometheus to hold what the gateways count against. `export` makes the reference of a new
version itself, so that only the rules remain to be written.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.contract import MODEL_NAME
from training.config import Mistake

CARD = "assets.extra/model_card.json"

HEAD = """\
# Made by `python -m training reference` from the model cards, not by hand: for each version the shares of the genres that it told, and of
# the bins that pictures and confidences fell into (gateway/statistics.py), over the pictures that it was validated and tested on.
groups:
  - name: ragam-reference
    interval: 5m
    rules:
"""
RULE = """\
      - record: {name}
        labels: {{{labels}}}
        expr: vector({value})
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repository", type=Path, default=Path("model_repository"), metavar="FOLDER", help="default model_repository")
    parser.add_argument("--rules", type=Path, default=Path("monitoring/rules/reference.yml"), metavar="FILE", help="what is written")
    parser.add_argument("--data", type=Path, metavar="DATASET", help="folder that prepare wrote, to complete cards without a reference")


def run(args: argparse.Namespace) -> None:
    folders = sorted((path for path in (args.repository / MODEL_NAME).glob("*") if path.name.isdigit()), key=lambda path: int(path.name))
    if args.data:
        complete(folders, args.data)
    cards = [card for folder in folders if "reference" in (card := read_card(folder))]
    if not cards:
        raise Mistake(f"No version in {args.repository} has a reference. Name the dataset that one was made from with --data.")
    temporary = args.rules.with_name(f".part.{args.rules.name}")
    temporary.write_text(rules(cards), encoding="utf-8")
    temporary.replace(args.rules)
    print(f"Wrote {args.rules}: version {', '.join(str(card['version']) for card in cards)}.")


def complete(folders: Sequence[Path], data: Path) -> None:
    """Gives the versions in `folders` that were made from the dataset a reference. Raises Mistake where there is none such."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow takes seconds to import, which --help and the rules alone need not wait for.
    import tensorflow as tf

    from training.data import load
    from training.export import reference_of
    from training.train import write_json

    dataset = load(data)
    pending = [folder for folder in folders if read_card(folder)["data"]["digest"] == dataset.digest]
    if not pending:
        raise Mistake(f"No version was made from {data}.")
    for folder in pending:
        write_json(folder / CARD, read_card(folder) | {"reference": reference_of(tf.saved_model.load(folder), dataset)})


def rules(cards: Sequence[dict[str, Any]]) -> str:
    """Prometheus' recording rules for the references of `cards`."""
    lines = [HEAD]
    for card in cards:
        version = card["version"]
        for genre, share in card["reference"]["genres"].items():
            lines.append(RULE.format(name="ragam_training_genre_share", labels=f'version: "{version}", genre: "{genre}"', value=share))
        for statistic, shares in card["reference"]["bins"].items():
            for place, share in enumerate(shares):
                labels = f'version: "{version}", statistic: {statistic}, bin: "{place}"'
                lines.append(RULE.format(name="ragam_training_bin_share", labels=labels, value=share))
    return "".join(lines)


def read_card(folder: Path) -> dict[str, Any]:
    """The model card of a version. Raises Mistake where it has none."""
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Mistake(f"{folder} has no model card that can be read.") from error
    return card
