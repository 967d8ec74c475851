"""How many pictures change their genre where a JPEG is decoded at a smaller scale than the gateway's.

    python -m benchmarks.smaller_scales --data FOLDER [--pictures 500]

FOLDER has a metadata.csv with the columns path, genre and split. Its pictures may be small, and those of 256 pixels no scale reduces: they
are enlarged four to six times, get a grain of single pixels, and are written as JPEG again. Starts the embedded model server with the
model of model_repository. Prints, for each way of time_to_tensor.py, the share of pictures whose genre is not that of the paper's, and
the accuracy.
"""

import argparse
import csv
from collections import defaultdict
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.service import LOGS, Service, free_port, model_server
from benchmarks.time_to_tensor import WAYS
from gateway.serving.client import TensorFlowServing

GRAIN = 6
TIMES = (4, 5, 6)


def enlarged(file: Path, times: int) -> bytes:
    image = Image.open(file).convert("RGB")
    large = np.asarray(image.resize((image.width * times, image.height * times), Image.Resampling.LANCZOS), np.int16)
    grain = np.random.default_rng(0).integers(-GRAIN, GRAIN + 1, (*large.shape[:2], 1), dtype=np.int16)
    buffer = BytesIO()
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def chosen(data: Path, count: int) -> list[dict[str, str]]:
    """About `count` rows, as many of each split, spread over the file."""
    by_split: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (data / "metadata.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            by_split[row["split"]].append(row)
    each = count // len(by_split)
    return [row for rows in by_split.values() for row in rows[:: max(1, len(rows) // each)][:each]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--pictures", type=int, default=500)
    arguments = parser.parse_args()
    rows = chosen(arguments.data, arguments.pictures)
    genres: dict[str, list[str]] = {way: [] for way in WAYS}
    port = free_port()
    with Service((model_server(port),), LOGS / "smaller_scales.log"):
        serving = TensorFlowServing(f"127.0.0.1:{port}", 60)
        for number, row in enumerate(rows):
            data = enlarged(arguments.data / row["path"], TIMES[number % len(TIMES)])
            answers = serving.classify(np.stack([prepare(data) for prepare in WAYS.values()]))
            for way, answer in zip(WAYS, answers, strict=True):
                genres[way].append(answer.genre)
    print("\n| split | pictures | way | genre changed | accuracy |\n|---|---|---|---|---|")
    for split in sorted({row["split"] for row in rows}):
        places = [place for place, row in enumerate(rows) if row["split"] == split]
        for way, found in genres.items():
            changed = np.mean([found[place] != genres["paper"][place] for place in places])
            right = np.mean([found[place] == rows[place]["genre"] for place in places])
            print(f"| {split} | {len(places)} | {way} | {changed:.3f} | {right:.3f} |")


if __name__ == "__main__":
    main()
