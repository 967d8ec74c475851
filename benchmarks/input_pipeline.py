"""Images per second of the input pipeline alone and of a training step, side by side: the pipeline must not be what one waits for.

    python -m benchmarks.input_pipeline [--cores N] [--data DATASET] [--seconds S] [--skip-training]

Without --data it takes 256 pictures of noise, which are as fast as paintings but for storing them as JPEG, where noise is slowest. --cores
pins the process and bounds TensorFlow's threads (default: all it may use).
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from training.augment import AUGMENTATIONS
from training.config import RECIPES
from training.data import Part, epochs, load
from training.fit import compile_main
from training.model import build

BATCH = 32
GENRES = 7


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
    for name, rate in pipelines(part, args.seconds):
        print(f"{name:38}{rate:10,.0f}", flush=True)
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


def pipelines(part: Part, seconds: float) -> Iterator[tuple[str, float]]:
    """The pipeline with each augmentation, as many epochs as fit into `seconds`."""
    for name, augment in {"none": None, **AUGMENTATIONS}.items():
        images, began = 0, 0.0
        for pictures, _ in epochs(part, GENRES, BATCH, augment, seed=0, numbers=range(1_000_000)):
            if not began:  # the first batch waits for the graph to be built
                began = time.perf_counter()
                continue
            images += len(pictures)
            if time.perf_counter() - began > seconds:
                break
        yield f"input pipeline, augmentation {name}", images / (time.perf_counter() - began)


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
