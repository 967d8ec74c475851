"""From the bytes of a picture to the model's input: the paper's way, the gateway's, and the gateway's at smaller scales.

    python -m benchmarks.time_to_tensor [--rounds 5] [--kind large] [--ways paper gateway]

The way `N px` has libjpeg reduce a JPEG as far as it keeps N pixels; the gateway keeps 448. In every round each way in turn has a process
of its own, on one core. Prints the medians over the rounds: milliseconds a picture, the most memory that a picture takes beyond what
the process held before it, by how much of 255 a pixel differs from the paper's on average, and the first two beside the paper's. What
smaller scales change of the answers is smaller_scales.py's to say.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.bench.table import table
from benchmarks.pictures import KINDS, picture
from benchmarks.service import ROOT
from gateway.contract import IMAGE_SIZE
from gateway.picture.decode import open_picture, to_upright
from gateway.picture.preprocess import to_model_size, to_pixels, to_tensor

TURNS = 5
MANY_PIXELS = 10**9

Tensor = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Figures:
    """Of a picture: milliseconds, megabytes at most; the mean difference of a pixel from the paper's, of 255."""

    milliseconds: float
    megabytes: float
    difference: float


def paper(data: bytes) -> Tensor:
    """As it is described: opened, converted, resized to 224 x 224, divided, one subtracted."""
    image = Image.open(BytesIO(data)).convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE))
    tensor: Tensor = (np.array(image) / 127.5 - 1).astype(np.float32)
    return tensor


def gateway(data: bytes) -> Tensor:
    return to_tensor(to_pixels(open_picture(data, MANY_PIXELS)))


def keeping(pixels: int) -> Callable[[bytes], Tensor]:
    def way(data: bytes) -> Tensor:
        return to_tensor(to_model_size(to_upright(open_picture(data, MANY_PIXELS), (pixels, pixels))))

    return way


WAYS: dict[str, Callable[[bytes], Tensor]] = {"paper": paper, "gateway": gateway, "336 px": keeping(336), "224 px": keeping(224)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=tuple(KINDS), default="large")
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=list(WAYS), help="the paper's is always among them")
    parser.add_argument("--way", choices=tuple(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(asdict(turn(WAYS[arguments.way], arguments.file.read_bytes()))))
        return
    ways = list(dict.fromkeys(["paper", *arguments.ways]))
    title = f"{KINDS[arguments.kind].label}, median of {arguments.rounds} rounds"
    print(report(title, measure(arguments.kind, arguments.rounds, ways)))


def measure(kind: str, rounds: int, ways: Sequence[str]) -> dict[str, Figures]:
    """By way, medians of the rounds."""
    found: dict[str, list[Figures]] = {way: [] for way in ways}
    with tempfile.NamedTemporaryFile() as file:
        file.write(picture(KINDS[kind]))
        file.flush()
        for _ in range(rounds):
            for way, turns in found.items():
                command = [sys.executable, "-m", "benchmarks.time_to_tensor", f"--way={way}", f"--file={file.name}"]
                done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
                turns.append(Figures(**json.loads(done.stdout)))
    return {way: medians(turns) for way, turns in found.items()}


def turn(way: Callable[[bytes], Tensor], data: bytes) -> Figures:
    """In this process, on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    # As small as can be: what it leaves free would be the picture's to take unseen.
    warm_up = BytesIO()
    Image.new("RGB", (8, 8)).save(warm_up, "JPEG")
    way(warm_up.getvalue())
    # What is at its largest from here on (5 is the kernel's code for that) is the picture's.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _megabytes("VmRSS")
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        tensor = way(data)
        times.append((time.perf_counter() - began) * 1000)
    largest = _megabytes("VmHWM")
    return Figures(statistics.median(times), largest - before, float(np.abs(tensor - paper(data)).mean() * 127.5))


def medians(turns: Sequence[Figures]) -> Figures:
    return Figures(*(statistics.median(column) for column in zip(*(asdict(one).values() for one in turns), strict=True)))


def report(title: str, found: dict[str, Figures]) -> str:
    """`found` has the paper's way."""
    base = found["paper"]
    return table(
        (title, "ms", "peak memory, MB", "difference of 255", "times faster", "of the memory"),
        (
            (
                way,
                f"{one.milliseconds:.1f}",
                f"{one.megabytes:.1f}",
                f"{one.difference:.2f}",
                f"{base.milliseconds / one.milliseconds:.2f}",
                f"{one.megabytes / base.megabytes:.2f}",
            )
            for way, one in found.items()
        ),
    )


def _megabytes(name: str) -> float:
    [kilobytes] = re.findall(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(kilobytes) / 1000


if __name__ == "__main__":
    main()
