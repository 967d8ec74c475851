"""The files below a folder, and why some of them cannot be read: a set from elsewhere has names and links that a manifest cannot hold."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

# How the files begin that the gateway reads: JPEG and PNG.
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def folders(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Every folder under `root` with its files; what is hidden, links to folders, and folders that cannot be read are left out."""
    for folder, inside, names in os.walk(root):
        inside[:] = [name for name in inside if not name.startswith(".")]
        yield Path(folder), [Path(folder, name) for name in names if not name.startswith(".")]


def folders_left_out(root: Path) -> list[tuple[Path, str]]:
    """What `folders` does not enter, but for what is hidden, and the reason."""
    found: list[tuple[Path, str]] = []

    def note(error: OSError) -> None:
        found.append((Path(os.fsdecode(error.filename)), str(error.strerror)))

    for folder, inside, _ in os.walk(root, onerror=note):
        inside[:] = [name for name in inside if not name.startswith(".")]
        found += [(Path(folder, name), "a link to a folder, which is not followed") for name in inside if Path(folder, name).is_symlink()]
    return found


def why_not_read(file: Path) -> str | None:
    """Why `file` is not even opened as a picture, None where it can be. Opens it, but for what would wait for its other end for ever."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return "the name is not UTF-8, which a manifest needs: rename it"
    try:
        with regular(file).open("rb"):
            return None
    except FileNotFoundError:
        return "a link that leads nowhere" if file.is_symlink() else "it is gone"
    except OSError as error:
        return str(error.strerror)


def regular(file: Path) -> Path:
    """`file`, which is to be read. Raises OSError where it is none: a pipe would wait for its other end for ever."""
    kind = stat.S_IFMT(file.stat().st_mode)
    if kind != stat.S_IFREG:
        raise OSError(errno.EINVAL, _KINDS.get(kind, "no file"), str(file))
    return file


def is_there(file: Path) -> bool:
    """Whether `file` is one. Path.is_file raises an OSError for a name that is longer than any."""
    try:
        return file.is_file()
    except OSError:
        return False


def why_no_picture(file: Path) -> str | None:
    """A reason where a readable `file` does not begin as a JPEG or PNG does, whatever its name."""
    with file.open("rb") as opened:
        return None if opened.read(8).startswith(_BEGINNINGS) else "no JPEG or PNG picture"
