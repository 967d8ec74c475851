"""The fingerprints of many files, each written down as soon as it is known, so that a killed run goes on where it stopped."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from gateway.errors import RagamError
from training.config import StageError
from training.pictures import Fingerprint, fingerprint, on_all_cores
from training.reading import reading


def read_all(files: Sequence[Path], cache: Path) -> dict[Path, Fingerprint | str]:
    """The fingerprint of every file, or a sentence why it cannot be read; what `cache` tells already is not read again.

    Raises OSError where a file is gone or the disk is full.
    """
    known = load(cache)
    keys = {file: _key(file) for file in files}
    new = [file for file, key in keys.items() if key not in known]

    def look(file: Path) -> Fingerprint | str:
        try:
            return fingerprint(file)
        except RagamError as error:
            return error.detail

    with _appended(cache) as lines:
        for file, seen in zip(new, on_all_cores(look, new, "read"), strict=True):
            known[keys[file]] = seen
            fact = {"reason": seen} if isinstance(seen, str) else asdict(seen)
            lines.write(json.dumps({"key": keys[file], **fact}) + "\n")
            lines.flush()
    return {file: known[key] for file, key in keys.items()}


def load(cache: Path) -> dict[str, Fingerprint | str]:
    """What `cache` tells by key. A last line that a kill cut short is cut off the file, so that the next one starts afresh."""
    known: dict[str, Fingerprint | str] = {}
    if cache.is_symlink() or (cache.exists() and not cache.is_file()):
        # A pipe would wait for its other end for ever.
        raise StageError(f"{cache} is no file of its own: remove it, and run the same command again.")
    if not cache.exists():
        return known
    data = cache.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(cache, whole)
    with reading(f"{cache} is damaged: remove it, and run the same command again."):
        for line in data[:whole].splitlines():
            fact = json.loads(line)
            key = fact.pop("key")
            known[key] = fact["reason"] if "reason" in fact else Fingerprint(**fact)
    return known


def _appended(cache: Path) -> TextIO:
    """`cache` to be written on at its end, and no file that a link in its place leads to."""
    return os.fdopen(os.open(cache, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666), "a", encoding="utf-8")


def _key(file: Path) -> str:
    """Names the file and changes when the file does."""
    state = file.stat()
    return f"{file}|{state.st_size}|{state.st_mtime_ns}"
