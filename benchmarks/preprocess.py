"""From a large JPEG to the model's input: the gateway's preprocessing beside the paper's, in turns.

    python -m benchmarks.preprocess [--rounds 5] [--kind large]

Each turn is a process of its own. Prints the medians over the rounds of the milliseconds a picture, and of the most memory that a
picture takes beyond what the process holds before the first one.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.pictures import KINDS, picture
from benchmarks.service import ROOT
from gateway.preprocess import open_picture, to_pixels, to_tensor

TURNS = 5

Tensor = npt.NDArray[Any]


def ours(data: bytes) -> Tensor:
    return to_tensor(to_pixels(open_picture(data, max_pixels=10**9)))


def papers(data: bytes) -> Tensor:
    """As it is described: opened, converted, resized to 224 x 224, divided, one subtracted."""
    return np.asarray(Image.open(BytesIO(data)).convert("RGB").resize((224, 224))) / 127.5 - 1


WAYS: dict[str, Callable[[bytes], Tensor]] = {"gateway": ours, "paper": papers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=tuple(KINDS), default="large")
    parser.add_argument("--way", choices=tuple(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(*turn(WAYS[arguments.way], arguments.file.read_bytes()))
        return
    medians = measure(arguments.kind, arguments.rounds)
    print(f"\n| {KINDS[arguments.kind].label}, median of {arguments.rounds} rounds | gateway | paper | times less |\n|---|---|---|---|")
    for index, figure in enumerate(("time to tensor, ms", "peak memory, MB")):
        gateway, paper = medians["gateway"][index], medians["paper"][index]
        print(f"| {figure} | {gateway:.1f} | {paper:.1f} | {paper / gateway:.1f} |")


def measure(kind: str, rounds: int) -> dict[str, list[float]]:
    """By way: milliseconds a picture and megabytes, medians of the rounds."""
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    with tempfile.NamedTemporaryFile() as file:
        file.write(picture(KINDS[kind]))
        file.flush()
        for _ in range(rounds):
            for way, turns in found.items():
                command = [sys.executable, "-m", "benchmarks.preprocess", f"--way={way}", f"--file={file.name}"]
                done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
                turns.append([float(figure) for figure in done.stdout.split()])
    return {way: [statistics.median(column) for column in zip(*turns, strict=True)] for way, turns in found.items()}


def turn(way: Callable[[bytes], Tensor], data: bytes) -> tuple[float, float]:
    """Milliseconds a picture, and megabytes."""
    way(picture(KINDS["small"]))
    # What is at its largest from here on (5 is the kernel's code for that) is the picture's.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        way(data)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), (_status("VmHWM") - before) / 1000


def _status(name: str) -> int:
    """Kilobytes."""
    [found] = re.findall(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(found)


if __name__ == "__main__":
    main()
