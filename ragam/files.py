"""Which pictures are meant by the files and folders that are named."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from ragam.errors import InvalidInput

# What the gateway accepts. A file that is named itself is sent whatever its name: the gateway then says what is wrong.
EXTENSIONS = (".png", ".jpg", ".jpeg")


def identity(name: str) -> str:
    """The same for two names of one file, such as a.jpg and ./a.jpg. Symbolic links are files of their own."""
    return os.path.normpath(Path.cwd() / name)


def pictures(names: Iterable[str]) -> list[str]:
    """`names` with every folder replaced by its pictures, in order of their paths; each picture once.

    Raises InvalidInput where that leaves none, or a folder cannot be read.
    """
    found: dict[str, str] = {}
    empty = []
    for name in names:
        inside = _in_folder(name) if Path(name).is_dir() else [name]
        empty += [] if inside else [name]
        for file in inside:
            found.setdefault(identity(file), file)
    if not found:
        raise InvalidInput(f"There is no .png, .jpg or .jpeg picture in {', '.join(empty)}." if empty else "No file is named.")
    return list(found.values())


def _in_folder(folder: str) -> list[str]:
    """Below `folder`, however deep; what is hidden, and links to folders, are left out."""
    files = []
    for root, folders, inside in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [str(Path(root) / name) for name in inside if name.lower().endswith(EXTENSIONS) and not name.startswith(".")]
    return sorted(files)


def _refuse(error: OSError) -> NoReturn:
    raise InvalidInput(f"The folder {error.filename} cannot be read: {error.strerror}.") from error
