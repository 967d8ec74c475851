"""What is sent: pictures of many kinds, which all differ, and files that are none."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

EXIF_ORIENTATION = 274
QUARTER_TURN = 6


@dataclass(frozen=True)
class File:
    """status: what the gateway must answer, whatever else happens; 200 for a picture."""

    name: str
    data: bytes
    status: int = 200


def _fields(seed: int, width: int, height: int) -> Image.Image:
    """Colour fields with some noise, light in one picture and dark in another, so that no model takes one for the other."""
    random = np.random.default_rng(seed)
    low, span = random.integers(0, 120), random.integers(60, 136)
    coarse = random.integers(low, low + span, (random.integers(2, 9), random.integers(2, 9), 3), dtype=np.uint8)
    coarse[..., random.integers(0, 3)] //= np.uint8(random.integers(1, 4))
    pixels = np.asarray(Image.fromarray(coarse).resize((width, height)), np.int16) + random.integers(-12, 13, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _save(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def good_files(seed: int, attempt: int = 0) -> list[File]:
    """Twenty pictures; with another `attempt` each of them is another one of the same kind and name."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = QUARTER_TURN
    makers = [
        ("baseline.jpg", lambda image: _save(image, "JPEG", quality=90)),
        ("progressive.jpeg", lambda image: _save(image, "JPEG", progressive=True)),
        ("turned.jpg", lambda image: _save(image, "JPEG", exif=exif)),
        ("cmyk.jpg", lambda image: _save(image.convert("CMYK"), "JPEG")),
        ("gray.jpg", lambda image: _save(image.convert("L"), "JPEG")),
        ("rgb.png", lambda image: _save(image, "PNG")),
        ("alpha.png", lambda image: _save(image.convert("RGBA"), "PNG")),
        ("palette.png", lambda image: _save(image.convert("P"), "PNG")),
        ("sixteen-bit.png", lambda image: _save(Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257), "PNG")),
        ("upper.CASE.JPG", lambda image: _save(image, "JPEG", quality=60)),
    ]
    sizes = [(320, 240), (640, 480), (500, 900), (1600, 1200)]
    return [
        File(f"{number}-{name}", make(_fields(seed * 1000 + attempt * len(makers) * 2 + number, *sizes[number % len(sizes)])))
        for number, (name, make) in enumerate(makers * 2)
    ]


def bad_files(good: list[File]) -> list[File]:
    """Each with the status that it must get."""
    jpeg, png = good[0].data, next(file.data for file in good if file.name.endswith(".png"))
    return [
        File("empty.jpg", b"", 400),
        File("text.png", b"no picture", 400),
        File("cut.jpg", jpeg[: len(jpeg) // 2], 400),
        File("cut.png", png[: len(png) // 2], 400),
        File("named.gif", jpeg, 400),
        File("zeros.jpeg", bytes(100_000), 400),
    ]


def huge_files() -> list[File]:
    return [
        File("many-bytes.jpg", bytes(25_000_000), 413),
        File("many-pixels.png", _save(Image.new("1", (18_000, 17_000)), "PNG"), 413),
    ]
