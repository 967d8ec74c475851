"""`training prepare` on one core and on all, in turns: it uses all of them if the ratio is near their number.

    python -m benchmarks.prepare [--data FOLDER] [--pictures 400] [--rounds 3]

FOLDER is a folder with a metadata.csv or manifest.csv; without one it takes generated JPEGs of 1600 x 1200. Prints the medians.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from training.genres import NAMES_7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--pictures", type=int, default=400, help="generated where no FOLDER is given (default 400)")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    seconds: dict[int, list[float]] = {1: [], len(cores): []}
    with tempfile.TemporaryDirectory() as folder:
        data = args.data or generated(Path(folder) / "pictures", args.pictures)
        for number in range(args.rounds):
            for count, times in seconds.items():
                times.append(prepared(data, Path(folder) / f"{number}-{count}", set(cores[:count])))
    one, all_of_them = (statistics.median(times) for times in seconds.values())
    print(f"1 core {one:.1f} s, {len(cores)} cores {all_of_them:.1f} s: {one / all_of_them:.2f} times as fast")


def generated(folder: Path, count: int) -> Path:
    """A folder of pictures as `prepare` takes it, each of another artist."""
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = ["path,genre,artist"]
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (48, 64, 3), dtype=np.uint8))
        coarse.resize((1600, 1200)).save(folder / f"{number}.jpg", quality=90)
        lines.append(f"{number}.jpg,{NAMES_7[number % len(NAMES_7)]},Painter {number}")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n")
    return folder


def prepared(data: Path, out: Path, cores: set[int]) -> float:
    """Seconds that `prepare` takes from `data` to `out` when it may use `cores`."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        began = time.perf_counter()
        command = [sys.executable, "-m", "training", "prepare", "--data", str(data), "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - began
    finally:
        os.sched_setaffinity(0, own)


if __name__ == "__main__":
    main()
