"""Pictures made by code, for the page's examples and the pictures in docs/: nobody's paintings, the same at every run.

Each is an RGB Image of about a thousand pixels, with the grain of a canvas. `COMPOSITIONS` names them by the file that they go by.

    python tests/faces/compositions.py FOLDER

writes them small, as gateway/page/examples has them.
"""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

OVERSAMPLING = 2
GRAIN = 5.0


def _finished(picture: Image.Image, seed: int) -> Image.Image:
    """Down to size, so that edges are smooth, and with a weave and a grain, so that flat colours look painted."""
    width, height = picture.width // OVERSAMPLING, picture.height // OVERSAMPLING
    pixels = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS), np.float32)
    random = np.random.default_rng(seed)
    weave = 1.5 * (np.sin(np.arange(width) * 2.1)[None, :] + np.sin(np.arange(height) * 2.1)[:, None])
    pixels = pixels + weave[..., None] + random.normal(0, GRAIN, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _up(*lengths: float) -> list[float]:
    return [length * OVERSAMPLING for length in lengths]


def _canvas(width: int, height: int, colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), colour)
    return picture, ImageDraw.Draw(picture)


def tilted_planes() -> Image.Image:
    picture, draw = _canvas(900, 1100, "#e8e0cf")

    def plane(x: float, y: float, w: float, h: float, degrees: float, colour: str) -> None:
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ turn.T + [x, y]
        draw.polygon([tuple(corner * OVERSAMPLING) for corner in corners], fill=colour)

    plane(430, 470, 760, 210, -34, "#1d1c1e")
    plane(560, 330, 330, 120, -34, "#b4371f")
    plane(300, 760, 420, 46, -34, "#27466b")
    plane(640, 720, 190, 190, 12, "#d8a32c")
    plane(690, 880, 330, 18, -34, "#1d1c1e")
    plane(640, 940, 260, 12, -34, "#b4371f")
    plane(230, 250, 120, 30, 56, "#5d6b58")
    draw.ellipse(_up(150, 840, 290, 980), fill="#7d2b1c")
    return _finished(picture, 1)


def two_fields() -> Image.Image:
    picture, _ = _canvas(860, 1080, "#5a1f1a")
    for box, colour, blur in (
        ((80, 90, 780, 560), "#d9622b", 26),
        ((80, 610, 780, 990), "#2c1418", 30),
        ((110, 575, 750, 600), "#f0b25a", 12),
    ):
        mask = Image.new("L", picture.size, 0)
        ImageDraw.Draw(mask).rectangle(_up(*box), fill=235)
        picture.paste(colour, mask=mask.filter(ImageFilter.GaussianBlur(blur)))
    return _finished(picture, 2)


def evening_hills() -> Image.Image:
    width, height = 1300, 860
    rows = np.linspace(0, 1, height * OVERSAMPLING)[:, None]
    sky = np.array([58, 84, 118]) * (1 - rows) ** 1.4 + np.array([240, 176, 110]) * (1 - (1 - rows) ** 1.4)
    picture = Image.fromarray(np.repeat(sky[:, None, :], width * OVERSAMPLING, axis=1).astype(np.uint8))
    glow = Image.new("L", picture.size, 0)
    ImageDraw.Draw(glow).ellipse(_up(770, 300, 930, 460), fill=255)
    picture.paste("#fbe3b0", mask=glow.filter(ImageFilter.GaussianBlur(60)))
    picture.paste("#fdf0cf", mask=glow.filter(ImageFilter.GaussianBlur(3)))
    draw = ImageDraw.Draw(picture)
    random = np.random.default_rng(3)
    steps = np.linspace(0, 1, 400)
    for level, colour in enumerate(("#8f8a8e", "#6a6f78", "#48545a", "#2c3a3a", "#182322")):
        ridge = (
            420
            + level * 90
            + sum(random.normal(0, 44) / wave * np.sin(2 * np.pi * (wave * steps + random.random())) for wave in (1, 2, 3, 5, 8, 13, 21))
        )
        line = [(x * width * OVERSAMPLING, y * OVERSAMPLING) for x, y in zip(steps, ridge, strict=True)]
        draw.polygon([*line, (width * OVERSAMPLING, height * OVERSAMPLING), (0, height * OVERSAMPLING)], fill=colour)
    return _finished(picture, 3)


def discs() -> Image.Image:
    picture, draw = _canvas(1000, 1000, "#ece4d2")
    palette = ("#1f3a5a", "#c8442a", "#e5b03a", "#2f6b5a", "#efe6d2", "#6d2f46", "#7fa3b8", "#1c1b1d")
    random = np.random.default_rng(4)
    for x, y, radius in ((330, 370, 330), (720, 640, 300), (760, 200, 170), (250, 820, 160)):
        for ring in range(7, 0, -1):
            r = radius * ring / 7
            box = _up(x - r, y - r, x + r, y + r)
            for quarter in range(4):
                start = 90 * quarter + 14 * ring
                draw.pieslice(box, start, start + 90, fill=palette[int(random.integers(len(palette)))])
    return _finished(picture, 4)


def restless_field() -> Image.Image:
    width, height = 1200, 900
    picture, draw = _canvas(width, height, "#2b3a55")
    random = np.random.default_rng(5)
    sky, field = ("#31507a", "#5f7fa6", "#88a5bd", "#d9c98f", "#274064"), ("#c9992e", "#a8641f", "#7c8a35", "#44602f", "#dbb650")
    for x, y in zip(random.uniform(-30, width, 9000), random.uniform(-20, height, 9000), strict=True):
        low = y > 480 + 40 * np.sin(x / 170)
        angle = 0.35 * np.sin(x / 90) + (0.9 if low else np.sin((x - 820) / 240) * np.cos((y - 210) / 150) * 2.4)
        length = random.uniform(18, 46)
        end = (x + length * np.cos(angle), y + length * np.sin(angle) * (1 if low else 0.8))
        palette = field if low else sky
        colour = palette[int(random.integers(len(palette)))]
        draw.line(_up(x, y, *end), fill=colour, width=int(random.uniform(5, 13)))
    return _finished(picture, 5)


def still_table() -> Image.Image:
    picture, draw = _canvas(1000, 820, "#6d6a58")
    draw.rectangle(_up(0, 520, 1000, 820), fill="#8a5a36")
    draw.polygon(_up(0, 520, 1000, 520, 1000, 560, 0, 600), fill="#a06d43")
    for x, y, r, dark, light in (
        (330, 520, 92, "#8c3a22", "#c65a35"),
        (470, 560, 76, "#a3772a", "#dcae4e"),
        (585, 525, 84, "#5f6e30", "#93a64c"),
    ):
        draw.ellipse(_up(x - r, y + r * 0.55, x + r * 1.7, y + r * 1.15), fill="#5b3a22")
        draw.ellipse(_up(x - r, y - r, x + r, y + r), fill=dark)
        draw.ellipse(_up(x - r * 0.8, y - r * 0.85, x + r * 0.5, y + r * 0.45), fill=light)
    draw.polygon(_up(735, 250, 805, 250, 805, 340, 850, 420, 850, 640, 690, 640, 690, 420, 735, 340), fill="#26332c")
    draw.line(_up(712, 440, 712, 610), fill="#6f8577", width=18)
    softened = picture.filter(ImageFilter.GaussianBlur(5))
    return _finished(softened, 6)


COMPOSITIONS: dict[str, Callable[[], Image.Image]] = {
    "evening hills.jpg": evening_hills,
    "tilted planes.jpg": tilted_planes,
    "restless field.jpg": restless_field,
    "two fields.jpg": two_fields,
    "still table.jpg": still_table,
    "discs.jpg": discs,
}


def encoded(name: str) -> bytes:
    """The composition of that name as JPEG."""
    buffer = BytesIO()
    COMPOSITIONS[name]().save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def main() -> None:
    for name, draw in COMPOSITIONS.items():
        picture = draw()
        picture.thumbnail((480, 480), Image.Resampling.LANCZOS)
        picture.save(Path(sys.argv[1]) / name.replace(" ", "-"), "JPEG", quality=80, optimize=True)


if __name__ == "__main__":
    main()
