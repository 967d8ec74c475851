"""How a picture is to be turned, by the EXIF block of its file."""

from typing import Literal

UPRIGHT = 1

# 2 to 8 are the turned and mirrored ones, see gateway/picture/decode.py.
_LAST = 8
_TAG, _SHORT = 0x0112, 3

# What begins an EXIF block in a JPEG, and a byte more, before the TIFF structure that is all of a PNG's eXIf.
EXIF = b"Exif\0"

# The entries of the first directory; cameras write about 20.
_MAX_ENTRIES = 200


def read_orientation(tiff: bytes) -> int:
    """The orientation, 1 to 8, that the TIFF structure of an EXIF block tells; UPRIGHT where it tells none that can be read.

    Nothing else of the EXIF is read: a reader of all tags warns of damaged ones in plain text, and fails on some.
    """
    if tiff[:4] not in (b"II*\0", b"MM\0*"):
        return UPRIGHT
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"

    def number(start: int, size: int) -> int:
        # Bytes beyond the end are read as none, and make 0.
        return int.from_bytes(tiff[start : start + size], order)

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), _MAX_ENTRIES)):
        start = directory + 2 + 12 * entry
        if number(start, 2) == _TAG:
            value = number(start + 8, 2)
            is_one = number(start + 2, 2) == _SHORT and number(start + 4, 4) == 1
            return value if is_one and UPRIGHT <= value <= _LAST else UPRIGHT
    return UPRIGHT
