"""The version directories under a base path: integers by name, highest is newest."""

import os
from dataclasses import dataclass
from pathlib import Path

_LARGEST = 2**63 - 1  # model_spec.version is an int64


@dataclass(frozen=True)
class VersionDirectory:
    """`made` tells a directory from another that later takes its name, and from itself once the files in it have changed."""

    path: Path
    made: tuple[int, ...]


def find_versions(base_path: Path) -> dict[int, VersionDirectory]:
    """The versions on disk. `0007` is version 7; files and names that are no integers do not count.

    Raises OSError where the base path cannot be listed.
    """
    found = {}
    with os.scandir(base_path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            version = _version(entry.name)
            if version is None:
                continue
            try:
                if entry.is_dir():
                    found[version] = VersionDirectory(Path(entry.path), _made(entry))
            except FileNotFoundError:  # removed since the listing
                continue
    return found


def _made(directory: "os.DirEntry[str]") -> tuple[int, ...]:
    stat = directory.stat()
    made = [stat.st_ino, stat.st_mtime_ns]
    # A file that is still being copied changes nothing in the directory's own times.
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            stat = entry.stat()
            made += [stat.st_size, stat.st_mtime_ns]
    return tuple(made)


def _version(name: str) -> int | None:
    if not (name.isascii() and name.isdigit()):
        return None
    version = int(name)
    return version if version <= _LARGEST else None
