"""Images per second of the input pipeline alone and of a training step, side by side: the pipeline must not be what one waits for.

Of the augmentation `ragam` it also names what takes the most time, by leaving one piece out after the other, in processor time, which other
work on the machine changes little; and how many cores 3,000 images a second take, which a GPU may ask for.

    python -m benchmarks.input_pipeline [--cores N] [--data DATASET] [--seconds S] [--skip-training]

Without --data it takes 256 pictures of noise, which are as fast as paintings but for storing them as JPEG, where noise is slowest. --cores
pins the process and bounds TensorFlow's threads (default: all it may use).
"""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf

from training.augment import AUGMENTATIONS
from training.compiled import compile_main
from training.config import RAGAM, RECIPES
from training.data import Augmentation, Part, epochs, load
from training.model import build

BATCH = 32
GENRES = 7
AIM = 3000  # images a second
PIECES = {
    "the smaller size and its JPEG": replace(RAGAM, degraded_share=0.0),
    "blurring and sharpening": replace(RAGAM, sharpness_share=0.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--data", type=Path, metavar="DATASET", help="a folder that `prepare` wrote")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured for so long each (default 10)")
    parser.add_argument("--skip-training", action="store_true", help="the pipeline alone")
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.cores])
    tf.config.threading.set_intra_op_parallelism_threads(args.cores)
    tf.config.threading.set_inter_op_parallelism_threads(args.cores)
    device = "a GPU" if tf.config.list_physical_devices("GPU") else "no GPU"
    print(f"{args.cores} cores, {device}, batches of {BATCH}, {args.seconds:.0f} s each\n")
    print(f"{'':38}{'images/s':>10}")
    part = part_of(args.data)
    for name, rate, _ in pipelines(part, args.seconds):
        print(f"{name:38}{rate:10,.0f}", flush=True)
    print(f"\n{bottleneck(part, args.seconds)}\n", flush=True)
    if not args.skip_training:
        for name, rate in steps(args.seconds):
            print(f"{name:38}{rate:10,.0f}", flush=True)


def part_of(folder: Path | None) -> Part:
    """The training pictures of the dataset in `folder`, or noise."""
    if folder is not None:
        return load(folder).part("train")
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (256, 224, 224, 3), dtype=np.uint8)
    return Part(pixels, random.integers(0, GENRES, 256), ())


def pipelines(part: Part, seconds: float) -> Iterator[tuple[str, float, float]]:
    """The pipeline with each augmentation."""
    for name, augment in {"none": None, **AUGMENTATIONS}.items():
        yield f"input pipeline, augmentation {name}", *rate_of(part, augment, seconds)


def rate_of(part: Part, augment: Augmentation | None, seconds: float) -> tuple[float, float]:
    """Images a second, and the milliseconds of processor time of one, over as many epochs as fit into `seconds`."""
    images, began, used = 0, 0.0, 0.0
    for pictures, _ in epochs(part, GENRES, BATCH, augment, seed=0, numbers=range(1_000_000)):
        if not began:  # the first batch waits for the graph to be built
            began, used = time.perf_counter(), time.process_time()
            continue
        images += len(pictures)
        if time.perf_counter() - began > seconds:
            break
    return images / (time.perf_counter() - began), 1000 * (time.process_time() - used) / images


def bottleneck(part: Part, seconds: float) -> str:
    """What a picture costs of a core's time, piece by piece, and which piece costs the most."""

    def cost(augment: Augmentation | None) -> float:
        return rate_of(part, augment, seconds)[1]

    whole = cost(AUGMENTATIONS["ragam"])
    pieces = {piece: whole - cost(partial(AUGMENTATIONS["ragam"], recipe=recipe)) for piece, recipe in PIECES.items()}
    pieces["reading, scaling and batching"] = cost(None)
    pieces["cropping, colours and resizing"] = whole - sum(pieces.values())
    told = ", ".join(f"{piece} {spent:.2f}" for piece, spent in sorted(pieces.items(), key=lambda item: -item[1]))
    most = max(pieces, key=lambda piece: pieces[piece])
    cores = f"{AIM:,} images a second take {AIM * whole / 1000:.1f} cores"
    return f"Of augmentation ragam's {whole:.2f} ms of a core a picture: {told}. The bottleneck is {most}; {cores}."


def steps(seconds: float) -> Iterator[tuple[str, float]]:
    """A training step of each recipe, on a batch that is there already, with random weights."""
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (BATCH, 224, 224, 3)).astype(np.float32)
    labels = np.eye(GENRES, dtype=np.float32)[random.integers(0, GENRES, BATCH)]
    for name, recipe in RECIPES.items():
        model = build(GENRES, None, 0)
        compile_main(model, recipe, 100)
        model.train_on_batch(images, labels)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            model.train_on_batch(images, labels)
            count += 1
        yield f"training step, recipe {name}", count * BATCH / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
