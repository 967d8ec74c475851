"""What of a picture is sent: a JPEG or PNG as it is, a JPEG made of any other, and of what is too large."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, Union

from ragam.convert import can_convert, to_jpeg, to_png
from ragam.errors import PictureRefused, PictureTooLarge

if TYPE_CHECKING:
    from PIL.Image import Image

# A file's path, its bytes, an open file, or Pillow's picture.
Picture: TypeAlias = Union[str, "os.PathLike[str]", bytes, bytearray, BinaryIO, "Image"]

# What the gateway takes.
SENT = (".png", ".jpg", ".jpeg")
# The service's own limit, where its operator has set no other. What is larger is not sent to be refused.
MAX_BYTES = 20 * 1024 * 1024
INSTALL = "Install Pillow, and it is converted before it is sent."

_SENT_AS_IT_IS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes
    is_converted: bool = False


def upload_of(picture: Picture) -> Upload:
    """What to send of `picture`. Raises PictureRefused where it cannot be read or converted, and TypeError for what is none."""
    try:
        source, name, size, head = _source(picture)
        if not isinstance(source, Path | bytes):
            return Upload(f"{name}.png", to_png(source, MAX_BYTES), is_converted=True)
        right = next((extension for start, extension in _SENT_AS_IT_IS.items() if head.startswith(start)), None)
        if not right or size > MAX_BYTES:
            data = to_jpeg(source)
            if data is not None:
                return Upload(f"{name}.jpg", data, is_converted=True)
        if size > MAX_BYTES:
            told = "" if can_convert() else f" {INSTALL}"
            raise PictureTooLarge(f"The file has {size:,} bytes, more than the {MAX_BYTES:,} that are sent.{told}")
        # Where nothing can be made of it the service tells what it is, under a name that it does not refuse before it has looked.
        name = name if name.lower().endswith(SENT) else f"{name}{right or '.jpg'}"
        return Upload(name, source.read_bytes() if isinstance(source, Path) else source)
    except OSError as error:
        raise PictureRefused(f"The file cannot be read: {error.strerror or error}.") from error


def smaller(upload: Upload) -> Upload | None:
    """`upload` reduced, for a service that has refused it as too large; None where that is not possible here."""
    is_reduced = upload.is_converted and upload.name.endswith(".jpg")
    data = None if is_reduced else to_jpeg(upload.data)
    return None if data is None else Upload(f"{upload.name}.jpg", data, is_converted=True)


def is_picture(given: object) -> bool:
    return isinstance(given, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(given, "read") or hasattr(given, "getexif")


def check_are_pictures(given: object) -> None:
    """Raises TypeError for one picture in place of several: of a text each letter would be taken for a path."""
    if is_picture(given) or not (isinstance(given, Iterable) or hasattr(given, "__aiter__")):
        raise TypeError(f"classify_many takes several pictures, such as a list of paths, not {type(given).__name__}.")


def _source(picture: Picture) -> tuple[Any, str, int, bytes]:
    """What holds the pixels, its name, its bytes and the first of them."""
    if isinstance(picture, str | os.PathLike):
        path = Path(picture)
        if "\0" in str(path):
            raise OSError("no file has such a name")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # Opening a named pipe would wait for its other end for ever.
            raise OSError("it is a folder, a device or a pipe")
        with path.open("rb") as stream:
            return path, path.name, status.st_size, stream.read(16)
    named = getattr(picture, "name", None)
    name = Path(named).name if isinstance(named, str) else "picture"
    data: Any = picture.read() if hasattr(picture, "read") else picture
    if isinstance(data, bytes | bytearray | memoryview):
        data = bytes(data)
        return data, name, len(data), data[:16]
    if hasattr(data, "getexif"):
        # Pillow's picture: whatever it was opened from, what is sent is made of its pixels.
        return data, "picture", 0, b""
    raise TypeError(f"A picture is a path, bytes, a file opened as bytes, or Pillow's picture, not {type(picture).__name__}.")
