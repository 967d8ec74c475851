"""The files of a dataset: written whole, or not at all."""

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gateway.contract import IMAGE_SHAPE
from gateway.errors import RagamError
from training.config import StageError
from training.files import regular
from training.listing import Listed
from training.pictures import on_all_cores, read_pixels

Row = dict[str, str | int]
Report = dict[str, Any]

ROWS, ABOUT, PIXELS = "rows.csv", "dataset.json", "pixels.npy"
# What a dataset keeps of the arguments that made it; the folders and corrections are in its rows.
ARGUMENTS = ("genres", "split", "seed", "per_genre", "per_artist", "licence", "trusted_labels")
COLUMNS = ("pixel", "path", "genre", "artist", "source", "split", "width", "height", "sha256", "group")


def write(out: Path, folder: Path, pictures: Sequence[Listed], rows: Sequence[Row], report: Report) -> None:
    """The dataset's three files in `out`, whole or not at all."""
    partial = out.with_name(out.name + ".partial")
    previous = out.with_name(out.name + ".previous")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        pixels = empty_pixels(partial / PIXELS, len(pictures))

        def fill(position: int) -> None:
            pixels[position] = pixels_as_listed(folder, pictures[position])

        for _ in on_all_cores(fill, range(len(pictures)), "pixels"):
            pass
        pixels.flush()
        (partial / ROWS).write_text(table(rows), encoding="utf-8", newline="")
        (partial / ABOUT).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        shutil.rmtree(previous, ignore_errors=True)
        if out.exists():
            out.rename(previous)
        partial.rename(out)
        shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise StageError(f"{out} cannot be written: {error.strerror or error}. Nothing was changed there.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def table(rows: Sequence[Row]) -> str:
    """The text of rows.csv."""
    listed = io.StringIO()
    writer = csv.DictWriter(listed, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return listed.getvalue()


def see_that_same(out: Path, asked: Mapping[str, object]) -> None:
    """Raises StageError where `out` is a dataset of other arguments than `asked`: a run may have been trained on it."""
    try:
        before = json.loads(regular(out / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return  # none, or a damaged one, which is made anew
    now = json.loads(json.dumps(asked))  # a tuple is a list there
    differing = [name.replace("_", " ") for name in ARGUMENTS if before.get(name) != now.get(name)]
    if differing:
        raise _another(out, differing)


def made_before(out: Path, rows: Sequence[Row]) -> bool:
    """Whether `out` holds the dataset of these rows, whole. Raises StageError where it is one of other pictures or labels."""
    try:
        before = regular(out / ROWS).read_text(encoding="utf-8")
        pixels = np.load(regular(out / PIXELS), mmap_mode="r")
        about = json.loads(regular(out / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if before != table(rows):
        raise _another(out, ["pictures or labels"])
    return bool(pixels.shape == (about.get("pictures"), *IMAGE_SHAPE))


def _another(out: Path, differing: Sequence[str]) -> StageError:
    return StageError(
        f"{out} was made with other {', '.join(differing)}. Remove it, or name another --out (with `make train` a folder by BUILD=FOLDER)."
    )


def pixels_as_listed(folder: Path, picture: Listed) -> npt.NDArray[np.uint8]:
    """The pixels of `picture`, uint8 (224, 224, 3). Raises StageError where its file is not the one that was listed."""
    try:
        data = regular(picture.file(folder)).read_bytes()
        if hashlib.sha256(data).hexdigest() == picture.sha256:
            return read_pixels(data)
    except (OSError, RagamError) as error:
        raise StageError(f"{picture.path} cannot be read any more: {error}.") from error
    raise StageError(f"{picture.path} has changed since it was listed. Run `collect` again.")


def empty_pixels(file: Path, pictures: int) -> np.memmap[Any, np.dtype[np.uint8]]:
    """A memory-mapped .npy file of uint8 (pictures, 224, 224, 3) whose blocks are allocated.

    Without the allocation a full disk would end the process with SIGBUS where now it is an OSError.
    """
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(pictures, *IMAGE_SHAPE))
    with file.open("r+b") as handle:
        os.posix_fallocate(handle.fileno(), 0, file.stat().st_size)
    return pixels
