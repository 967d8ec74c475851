"""Pictures by code for whatever is measured: a sky, a ground and shapes under fine noise, as hard for a JPEG coder as a painting."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


@dataclass(frozen=True)
class Kind:
    """Width and height in pixels, and Pillow's name of the format."""

    width: int
    height: int
    format: str = "JPEG"

    @property
    def label(self) -> str:
        return f"{self.width} x {self.height} {self.format}"


KINDS = {
    "small": Kind(640, 480),
    "medium": Kind(1600, 1200),
    "large": Kind(4000, 3000),
    "png": Kind(1600, 1200, "PNG"),
}

# What is drawn before it is enlarged to the size that is asked for.
SKETCH = (320, 240)


def picture(kind: Kind, seed: int = 0) -> bytes:
    """A file. Another `seed` makes another picture: few or many shapes, hard or soft, in pale or strong colours, by day or by night."""
    random = np.random.default_rng(seed)
    soft = _sketch(random).resize((kind.width, kind.height), Image.Resampling.BILINEAR)
    noisy = np.asarray(soft, np.int16) + random.integers(-8, 9, (kind.height, kind.width, 1), dtype=np.int16)
    buffer = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, kind.format, quality=90)
    return buffer.getvalue()


def _sketch(random: np.random.Generator) -> Image.Image:
    width, height = SKETCH
    light, strength = random.uniform(0.25, 1), random.uniform(0.1, 1)

    def colour() -> tuple[int, ...]:
        pale = random.uniform(100, 220)
        return tuple(int(light * (pale + strength * (value - pale))) for value in random.uniform(0, 255, 3))

    sheet = Image.new("RGB", SKETCH, colour())
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, min(height, int(random.uniform(0.3, 1.1) * height)), width, height), fill=colour())
    for _ in range(int(random.choice([0, 3, 12, 60, 250]))):
        size = random.uniform(4, 120) / (1 + random.integers(0, 4))
        x, y = random.uniform(0, width), random.uniform(0, height)
        box = (x, y, x + size * random.uniform(0.2, 1.5), y + size * random.uniform(0.2, 1.5))
        draw = (pen.ellipse, pen.rectangle, pen.line)[int(random.integers(0, 3))]
        draw(box, fill=colour())
    return sheet.filter(ImageFilter.GaussianBlur(float(random.choice([0, 1, 3, 8]))))
