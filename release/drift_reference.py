"""What a version says of pictures that it has not learned from, for drift to be told from: in its card, and as Prometheus' rules.

    python -m release reference [--repository model_repository] [--rules monitoring/rules/reference.yml]

Reads the card of every version in the repository; `python -m training export` wrote its reference.

Writes RULES: the shares of the genres (ragam_training_genre_share) and of the bins of gateway/picture/statistics.py
(ragam_training_bin_share) as constants, for Prometheus to hold what the gateways count against.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.contract import MODEL_NAME
from release.errors import ReleaseError
from release.versions import numbered, read_card
from training.printed import say
from training.reading import reading
from training.whole import whole

HEAD = """\
# Made by `python -m release reference` from the model cards, not by hand: for each version the shares of the genres that it told, and of
# the bins that pictures and confidences fell into (gateway/picture/statistics.py), over pictures that it has not learned from.
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


def run(args: argparse.Namespace) -> None:
    cards = [card for folder in numbered(args.repository / MODEL_NAME) if "reference" in (card := read_card(folder))]
    if not cards:
        raise ReleaseError(f"No version in {args.repository} has a reference.")
    with reading("A model card's reference cannot be read: {cause}.", ReleaseError):
        text = rules(cards)
    with whole(args.rules) as beside:
        beside.write_text(text, encoding="utf-8")
    say(f"Wrote {args.rules}: version {', '.join(str(card['version']) for card in cards)}.")


def quoted(genre: str) -> str:
    """In YAML, of which JSON's texts are a part."""
    return json.dumps(genre, ensure_ascii=False)


def rules(cards: Sequence[dict[str, Any]]) -> str:
    """Prometheus' recording rules for the references of `cards`."""
    lines = [HEAD]
    for card in cards:
        version = card["version"]
        for genre, share in card["reference"]["genres"].items():
            lines.append(
                RULE.format(name="ragam_training_genre_share", labels=f'version: "{version}", genre: {quoted(genre)}', value=float(share))
            )
        for statistic, shares in card["reference"]["bins"].items():
            for place, share in enumerate(shares):
                labels = f'version: "{version}", statistic: {statistic}, bin: "{place}"'
                lines.append(RULE.format(name="ragam_training_bin_share", labels=labels, value=share))
    return "".join(lines)
