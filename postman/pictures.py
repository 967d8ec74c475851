"""How the files in postman/pictures were made, which the collections send: python postman/pictures.py FOLDER"""

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

# Of more pixels than the memory that decoding may take.
LARGE_SIDE = 40_000
# A segment of a JPEG with nothing in it, of which no picture has a thousand.
COMMENT = b"\xff\xfe\x00\x02"


def write(folder: Path) -> None:
    """Writes a painting of colour fields as painting.jpg and painting.png, and beside it what the gateway refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = np.random.default_rng(7).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    painting = Image.fromarray(fields).resize((640, 480), Image.Resampling.NEAREST)
    jpeg, png, webp = BytesIO(), BytesIO(), BytesIO()
    painting.save(jpeg, "JPEG")
    painting.save(png, "PNG")
    painting.save(webp, "WEBP")
    # The header alone is changed: a picture that claims so many pixels is refused before any is decoded.
    small = png.getvalue()
    head = small[12:16] + struct.pack(">2I", LARGE_SIDE, LARGE_SIDE) + small[24:29]
    large = small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]
    files = {
        "painting.jpg": jpeg.getvalue(),
        "painting.png": png.getvalue(),
        "painting.jfif": jpeg.getvalue(),
        "webp.jpg": webp.getvalue(),
        "empty.jpg": b"",
        "notes.txt": b"This is no picture.\n",
        "damaged.jpg": jpeg.getvalue()[:2000],
        "pieces.jpg": jpeg.getvalue()[:2] + COMMENT * 1000 + jpeg.getvalue()[2:],
        "large.png": large,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python postman/pictures.py FOLDER")
    write(Path(sys.argv[1]))
