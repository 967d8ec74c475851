"""The works that a new version knows, and how alike those are that it answers with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training import similar
from training.data import Dataset
from training.listing import read_further, read_listing
from training.sides import EXTERNAL_TEST
from training.trust import POOLED, seen


def index_of(folder: Path, dataset: Dataset, lists: Sequence[Path]) -> similar.Index:
    """The works trained on, with titles and artists as the lists of the folders have them, else as the dataset has them."""
    listed = {picture.path: picture for picture in (read_listing(lists[0]) + read_further(lists).pictures if lists else [])}
    rows = dataset.part("train").rows
    artists = [listed[row["path"]].artist if row["path"] in listed and row["artist"] else row["artist"] for row in rows]
    titles = [listed[row["path"]].title if row["path"] in listed else "" for row in rows]
    return similar.index(seen(folder, POOLED + "train").astype(np.float32), artists, titles)


def similarity(folder: Path, dataset: Dataset, index: similar.Index) -> dict[str, Any]:
    """How alike the similar works are, by part."""
    of = dataset.part("train").labels
    found: dict[str, Any] = {"works": len(of)}
    for name in ("test", EXTERNAL_TEST):
        part = dataset.part(name)
        if len(part.rows):
            found[name] = similar.agreement(
                index, seen(folder, POOLED + name).astype(np.float32), [row["artist"] for row in part.rows], part.labels, of
            )
    return found
