"""The gateway's resizing beside Pillow's: time, pixels and genres.

    python -m benchmarks.resize [--turns 50] [--data FOLDER]

Prints the medians of both, in turns, in milliseconds, for pictures as the gateway has them once they are decoded. With FOLDER, which has
pictures and a metadata.csv with the columns path and genre, also how many pictures differ by how much of 255 at most, the share of values
that differ, and for how many the model of model_repository, on the embedded model server, says another genre.
"""

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.bench.table import table
from benchmarks.service import LOGS, Service, free_port, model_server
from gateway.contract import IMAGE_SIZE
from gateway.picture.decode import DRAFT_SIZE, Upright, open_picture, to_upright
from gateway.picture.preprocess import to_model_size, to_tensor
from gateway.serving.client import TensorFlowServing

SIZES = ((640, 480), (800, 600), (600, 800), (1600, 1200))
MANY_PIXELS = 10**9

Pixels = npt.NDArray[np.uint8]


def pillow(upright: Image.Image) -> Pixels:
    return np.asarray(upright.resize((IMAGE_SIZE, IMAGE_SIZE)))


def difference(upright: Image.Image) -> npt.NDArray[np.int16]:
    """Of each value, without its sign."""
    off: npt.NDArray[np.int16] = np.abs(to_model_size(Upright(upright)).astype(np.int16) - pillow(upright))
    return off


def milliseconds(upright: Image.Image, turns: int) -> dict[str, float]:
    """Medians over the turns, each of which has both."""
    ways: dict[str, Callable[[Image.Image], Pixels]] = {"pillow": pillow, "gateway": lambda picture: to_model_size(Upright(picture))}
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(turns):
        for way, resize in ways.items():
            began = time.perf_counter()
            resize(upright)
            found[way].append((time.perf_counter() - began) * 1000)
    return {way: statistics.median(times) for way, times in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    rows = []
    for width, height in SIZES:
        noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        found = milliseconds(Image.fromarray(noise), arguments.turns)
        times = found["pillow"] / found["gateway"]
        rows.append((f"{width} x {height}", f"{found['pillow']:.2f}", f"{found['gateway']:.2f}", f"{times:.1f}"))
    print(table(("picture", "Pillow, ms", "gateway, ms", "times faster"), rows))
    if arguments.data:
        print(f"\n{genres(arguments.data)}")


def genres(data: Path) -> str:
    largest, shares, changed, right = [], [], 0, [0, 0]
    port = free_port()
    with Service((model_server(port),), LOGS / "resize.log"), (data / "metadata.csv").open(encoding="utf-8") as file:
        serving = TensorFlowServing(f"127.0.0.1:{port}", 60)
        for row in csv.DictReader(file):
            upright = to_upright(open_picture((data / row["path"]).read_bytes(), MANY_PIXELS), DRAFT_SIZE).whole()
            off = difference(upright)
            largest.append(int(off.max()))
            shares.append(float((off > 0).mean()))
            answers = serving.classify(to_tensor(np.stack([pillow(upright), to_model_size(Upright(upright))])))
            changed += answers[0].genre != answers[1].genre
            right = [count + (answer.genre == row["genre"]) for count, answer in zip(right, answers, strict=True)]
    counts = ", ".join(f"{largest.count(most)} by {most}" for most in sorted(set(largest)))
    return (
        f"Of {len(largest)} pictures differ, at most: {counts}; {statistics.mean(shares):.2%} of all values. "
        f"Another genre: {changed}. Right: {right[0]} by Pillow, {right[1]} by the gateway."
    )


if __name__ == "__main__":
    main()
