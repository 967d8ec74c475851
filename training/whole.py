"""A file that is written whole or not at all: beside its place, into which it comes by one rename."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """An empty file of our own, which takes the place of `path` when all went well, and goes when not.

    Its name can be guessed: a link or a pipe that lay there before, in a folder from elsewhere, is removed, and never opened.
    """
    beside = path.with_name(f".part.{path.name}")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
