"""A picture file as the gateway would read it: its pixels, its identity and its perceptual hash. Runs without TensorFlow."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from os import sched_getaffinity
from pathlib import Path
from typing import TypeVar

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels

T = TypeVar("T")
R = TypeVar("R")

MAX_PIXELS = 100_000_000  # what claims to be larger is no scan of a painting


@dataclass(frozen=True)
class Fingerprint:
    """What tells one picture file from another. `phash` is the 64-bit perceptual hash, width and height are the file's own."""

    sha256: str
    phash: int
    width: int
    height: int


def read_pixels(data: bytes) -> npt.NDArray[np.uint8]:
    """The picture in `data` as uint8 (224, 224, 3), by the gateway's own functions.

    Raises gateway.errors.UnreadablePicture and TooManyPixels.
    """
    return to_pixels(open_picture(data, MAX_PIXELS))


def fingerprint(path: Path) -> Fingerprint:
    """The fingerprint of the picture file at `path`, which is decoded for it.

    The hash (imagehash.phash, the signs of the 8x8 lowest frequencies of the gray picture) is taken of the 224x224 pixels: it
    reduces every picture to 32x32 anyway, and so a large JPEG is decoded once, at a reduced scale.

    Raises gateway.errors.UnreadablePicture and TooManyPixels, and OSError.
    """
    data = path.read_bytes()
    pixels = read_pixels(data)
    with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as header:
        width, height = header.size
    phash = int(str(imagehash.phash(Image.fromarray(pixels))), 16)
    return Fingerprint(hashlib.sha256(data).hexdigest(), phash, width, height)


def on_all_cores(function: Callable[[T], R], items: Sequence[T], label: str) -> Iterator[R]:
    """`function` of every item, in their order, on as many threads as the process has cores, under a progress bar.

    Threads, for Pillow decodes and resizes without the GIL: 265 pictures/s on 2 cores against 232 with processes and 152 on one thread.
    """
    pool = ThreadPoolExecutor(len(sched_getaffinity(0)))
    try:
        yield from tqdm(pool.map(function, items), total=len(items), desc=label, unit="picture")
    finally:
        pool.shutdown(cancel_futures=True)  # after an error or Ctrl-C the rest need not be done first
