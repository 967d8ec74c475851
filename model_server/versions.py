"""The version directories under a base path: integers by name, highest is newest."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LARGEST = 2**63 - 1  # model_spec.version is an int64

# Of one file or folder: its path, inode, size and the time of its last change in ns, or its path and the number of the error.
Look = tuple[str | int, ...]


@dataclass(frozen=True)
class VersionDirectory:
    """`made` tells a directory from another that later takes its name, and from itself once anything below it has changed."""

    path: Path
    made: tuple[Look, ...]


def find_versions(base_path: Path) -> dict[int, VersionDirectory]:
    """The versions on disk. `0007` is version 7; files and names that are no integers do not count.

    A version that cannot be looked at is one all the same: what is wrong with it is told by whoever loads it. Raises OSError where the
    base path cannot be listed.
    """
    found = {}
    with os.scandir(base_path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            version = _version(entry.name)
            if version is not None and _may_be_directory(entry):
                found[version] = VersionDirectory(Path(entry.path), tuple(_fingerprint(entry.path)))
    return found


def _may_be_directory(entry: "os.DirEntry[str]") -> bool:
    """False for files, links to nothing and what was removed since the listing."""
    try:
        return entry.is_dir()
    except OSError:
        return True


def _fingerprint(directory: str) -> Iterator[Look]:
    """The directory and all that lies below it, in an order that is the same each time. Links below it are not followed."""
    # A file that is still being copied changes nothing in the times of the folders above it.
    errors: list[OSError] = []
    yield _look(directory, follow=True)
    for folder, folders, files in os.walk(directory, onerror=errors.append):
        folders.sort()
        for name in sorted(folders + files):
            yield _look(os.path.join(folder, name), follow=False)  # noqa: PTH118 a Path for each costs more than the look
    yield from ((str(error.filename), error.errno or 0) for error in errors)


def _look(path: str, *, follow: bool) -> Look:
    try:
        stat = os.stat(path, follow_symlinks=follow)  # noqa: PTH116 as above
    except OSError as error:
        return path, error.errno or 0
    return path, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _version(name: str) -> int | None:
    if not (name.isascii() and name.isdigit()):
        return None
    version = int(name)
    return version if version <= _LARGEST else None
