"""Time and memory from the bytes of a JPEG to the model's input: the gateway's way, the paper's, and the gateway's at smaller scales.

    python -m benchmarks.time_to_tensor [--size 4000 3000] [--pictures 15]

Each way has a process of its own. The way `N px` has libjpeg reduce a JPEG as far as it keeps N pixels; the gateway keeps 448. Prints
the median of the milliseconds on one core, how many megabytes the process grew by, and by how much of 255 a pixel differs from the
paper's on average.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.gateway_cost import peak_megabytes, picture
from benchmarks.gateway_worker import ROOT
from gateway.contract import IMAGE_SIZE
from gateway.preprocess import open_picture, to_pixels, to_tensor, to_upright

Tensor = npt.NDArray[np.float32]
MANY = 10**9


def paper(data: bytes) -> Tensor:
    image = Image.open(BytesIO(data)).convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE))
    tensor: Tensor = (np.array(image) / 127.5 - 1).astype(np.float32)
    return tensor


def gateway(data: bytes) -> Tensor:
    return to_tensor(to_pixels(open_picture(data, MANY)))


def at(pixels: int) -> Callable[[bytes], Tensor]:
    def reduced(data: bytes) -> Tensor:
        upright = to_upright(open_picture(data, MANY), (pixels, pixels))
        return to_tensor(np.asarray(upright.resize((IMAGE_SIZE, IMAGE_SIZE))))

    return reduced


WAYS: dict[str, Callable[[bytes], Tensor]] = {
    "paper": paper,
    "gateway": gateway,
    "336 px": at(336),
    "224 px": at(224),
}


def measure(name: str, file: Path, count: int) -> None:
    """In a process of its own: prints milliseconds, megabytes and the difference."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data = file.read_bytes()
    way = WAYS[name]
    way(picture(64, 64, "JPEG"))
    before = peak_megabytes(os.getpid())
    tensor = way(data)
    megabytes = peak_megabytes(os.getpid()) - before
    times = []
    for _ in range(count):
        start = time.perf_counter()
        way(data)
        times.append((time.perf_counter() - start) * 1000)
    difference = float(np.abs(tensor - paper(data)).mean()) * 127.5
    print(json.dumps([statistics.median(times), megabytes, difference]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(4000, 3000), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--pictures", type=int, default=15)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        measure(arguments.way, arguments.file, arguments.pictures)
        return

    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(picture(*arguments.size, "JPEG"))
        file.flush()
        found = {name: measured(name, file.name, arguments.pictures) for name in WAYS}
    print("| way | ms | MB | difference of 255 | times faster | of the memory |\n|---|---|---|---|---|---|")
    for name, (milliseconds, megabytes, difference) in found.items():
        faster, share = found["paper"][0] / milliseconds, megabytes / found["paper"][1]
        print(f"| {name} | {milliseconds:.1f} | {megabytes:.1f} | {difference:.2f} | {faster:.2f} | {share:.2f} |")


def measured(name: str, file: str, count: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.time_to_tensor", "--way", name, "--file", file, "--pictures", str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    figures: list[float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
