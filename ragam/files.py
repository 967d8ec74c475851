"""Which pictures are meant by the files and folders that are named."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import NoReturn

from ragam.errors import InvalidInput
from ragam.picture import SENT

# What ragam/convert.py takes besides. A file that is named itself is taken whatever its name.
CONVERTED = (
    *(".jfif", ".jpe", ".tif", ".tiff", ".webp", ".avif", ".heic", ".heif", ".hif", ".gif", ".bmp"),
    *(".jp2", ".j2k", ".j2c", ".jpf", ".jpx", ".jxl"),
)
EXTENSIONS = (*SENT, *CONVERTED)
# What systems and programs leave in folders, in small letters. What is hidden is passed over as well.
LEFT_BEHIND = frozenset({"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini", "icon\r"})
LEFT_BEHIND_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})


@dataclass
class Selection:
    """The pictures in order, each once, and of what else lies in the folders how many files have which extension."""

    files: list[str]
    others: Counter[str] = field(default_factory=Counter)


def identity(name: str) -> str:
    """The same for two names of one file, such as a.jpg and ./a.jpg. Symbolic links are files of their own, and an address is itself."""
    return name if "://" in name else os.path.normpath(Path.cwd() / name)


def new_beside(path: Path) -> Path:
    """An empty file of our own, in which `path` is written anew until this takes its place.

    Its name can be guessed: a link or a pipe that lay there before, in a folder from elsewhere, is removed, and never opened.
    """
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    FileIO(beside, "x").close()
    return beside


def pictures(names: Iterable[str]) -> Selection:
    """`names` with every folder replaced by its pictures, in order of their paths.

    Raises InvalidInput where that leaves none, or a folder cannot be read.
    """
    found: dict[str, str] = {}
    others: dict[str, str] = {}
    empty = []
    for name in names:
        inside = _in_folder(name, others) if os.path.isdir(name) else [name]  # noqa: PTH112 - Path.is_dir raises for a name too long
        empty += [] if inside else [name]
        for file in inside:
            found.setdefault(identity(file), file)
    if not found:
        raise InvalidInput(
            f"There is no picture in {', '.join(empty)}, none named {', '.join(EXTENSIONS)}." if empty else "No file is named."
        )
    return Selection(list(found.values()), Counter(extension for file, extension in others.items() if file not in found))


def _in_folder(folder: str, others: dict[str, str]) -> list[str]:
    """Below `folder`, however deep, without what is hidden or left behind by a system, and links to folders.

    `others` gets the extension of each other file.
    """
    files = []
    for root, folders, inside in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and name.lower() not in LEFT_BEHIND_FOLDERS]
        for name in inside:
            if name.startswith(".") or name.lower() in LEFT_BEHIND:
                continue
            file = str(Path(root) / name)
            if name.lower().endswith(EXTENSIONS):
                files.append(file)
            else:
                others[identity(file)] = Path(name).suffix.lower() or "without an extension"
    return sorted(files)


def _refuse(error: OSError) -> NoReturn:
    raise InvalidInput(f"The folder {error.filename} cannot be read: {error.strerror}.") from error
