"""The files that an operator names."""

import errno
from pathlib import Path


def read_text(file: Path) -> str:
    """Raises OSError, for a pipe or a device too: reading one may never end. Raises ValueError for what is not UTF-8."""
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise OSError(errno.EINVAL, "it is a pipe or a device", str(file))
    return file.read_text(encoding="utf-8")
