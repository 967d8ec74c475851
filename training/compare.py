"""Whether one run does better than another on the same pictures.

    python -m training compare RUN RUN

Reads predictions.csv of both, as `evaluate` writes it. Of each part, the pictures that both were measured on, prints the differences of
accuracy and of mean recall, the second run's less the first's, with 95% bootstrap intervals over artists.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from training.config import StageError
from training.paired import Difference, paired
from training.predictions import read
from training.runs import facts_of
from training.tell import tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs=2, metavar="RUN", help="folder that evaluate has measured")


def run(args: argparse.Namespace) -> None:
    first, second = ({(row["split"], row["path"]): row for row in read(run) if row["split"] != "train"} for run in args.runs)
    # A picture that was labelled anew in between is not the same question.
    both = [key for key, row in first.items() if key in second and second[key]["truth"] == row["truth"]]
    if not both:
        raise StageError(f"{args.runs[0]} and {args.runs[1]} were measured on no picture in common.")
    differences: list[Difference] = []
    for part in dict.fromkeys(split for split, _ in both):
        keys = [key for key in both if key[0] == part]
        right = [np.array([rows[key]["told"] == rows[key]["truth"] for key in keys]) for rows in (first, second)]
        genres, groups = (np.array([first[key][column] for key in keys]) for column in ("truth", "group"))
        differences += paired(part, right[0], right[1], genres, groups)
    lines = [f"{args.runs[1]} beside {args.runs[0]}, on the same {len(both):,} pictures:", *map(str, differences)]
    clear = [found for found in differences if found.low > 0 or found.high < 0]
    lines.append("Where an interval holds 0, it may be chance." if len(clear) < len(differences) else "No interval holds 0.")
    datasets = [facts_of(run)["dataset"] for run in args.runs]
    if datasets[0] != datasets[1]:
        lines.append("They were trained on different datasets: what is held out from one may have been learned from by the other.")
    told = [{**asdict(found), "difference": found.value} for found in differences]
    tell(args, {"pictures": len(both), "same_dataset": datasets[0] == datasets[1], "differences": told}, *lines)
