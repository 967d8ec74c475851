"""Pictures that are no paintings, made by code: what people send by accident or to try the service.

`drawn` gives the same pictures for the same numbers on any machine with the same Pillow.
"""

import string
from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gateway.contract import IMAGE_SIZE

Random = np.random.Generator
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

SIZE = 2 * IMAGE_SIZE  # drawn at twice the size and reduced, as most files are


def drawn(count: int, first: int = 0) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """`count` pictures uint8 (n, 224, 224, 3) with the numbers from `first` on, one of each kind after the other, and their kinds."""
    names = list(KINDS)
    kinds = [names[number % len(names)] for number in range(first, first + count)]
    pixels = [_picture(kind, number) for number, kind in enumerate(kinds, first)]
    return np.stack(pixels), kinds


def _picture(kind: str, number: int) -> npt.NDArray[np.uint8]:
    random = np.random.default_rng([20, number])
    picture = KINDS[kind](random)
    if random.random() < 0.5:  # half of them have been a JPEG, of any size
        side = int(random.integers(IMAGE_SIZE // 2, SIZE + 1))
        file = BytesIO()
        picture.resize((side, side)).save(file, "JPEG", quality=int(random.integers(40, 96)))
        picture = Image.open(file)
    return np.asarray(picture.convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE)))


def noise(random: Random) -> Image.Image:
    """Single pixels to large spots, in gray or color, sharp or soft, even or like clouds."""
    cells = int(np.exp(random.uniform(np.log(4), np.log(SIZE))))
    form = random.integers(4)
    channels = int(random.choice([1, 3]))
    values: npt.NDArray[np.floating]
    if form == 0:
        values = random.uniform(0, 255, (cells, cells, channels))
    elif form == 1:
        values = random.normal(random.uniform(40, 215), random.uniform(10, 80), (cells, cells, channels))
    elif form == 2:
        values = 255.0 * (random.random((cells, cells, channels)) < random.uniform(0.05, 0.95))
    else:
        frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(cells), np.fft.fftfreq(cells)))[..., None]
        spectrum = np.fft.fft2(random.normal(size=(cells, cells, channels)), axes=(0, 1))
        values = np.fft.ifft2(spectrum / np.maximum(frequency, 1 / cells) ** random.uniform(0.3, 2), axes=(0, 1)).real
        values = 127 + 60 * values / (values.std() + 1e-9)
    pixels = np.broadcast_to(values, (cells, cells, 3)).clip(0, 255).astype(np.uint8)
    kernel = random.choice(np.array([Image.Resampling.NEAREST, Image.Resampling.BICUBIC]))
    return Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling(int(kernel)))


def flat(random: Random) -> Image.Image:
    """One color, often black or white; or some, in stripes or squares."""
    form = random.integers(4)
    colour = _colour(random)
    if form < 2:
        colour = [(0, 0, 0), (255, 255, 255), colour, colour][int(random.integers(4))]
        return Image.new("RGB", (SIZE, SIZE), colour)
    cells = int(random.integers(2, 17))
    colours = np.array([_colour(random) for _ in range(int(random.integers(2, 5)))], np.uint8)
    places = np.arange(cells)[:, None] + (0 if form == 2 else np.arange(cells)[None])
    pixels = np.broadcast_to(colours[places % len(colours)], (cells, cells if form == 3 else 1, 3))
    picture = Image.fromarray(np.ascontiguousarray(pixels)).resize((SIZE, SIZE), Image.Resampling.NEAREST)
    return picture.rotate(90 * int(random.integers(2)))


def gradient(random: Random) -> Image.Image:
    """From color to color, straight or around a point."""
    x, y = np.meshgrid(np.linspace(0, 1, SIZE), np.linspace(0, 1, SIZE))
    if random.random() < 0.6:
        angle = random.uniform(0, 2 * np.pi)
        place = np.cos(angle) * x + np.sin(angle) * y
    else:
        place = np.hypot(x - random.random(), y - random.random())
    place = (place - place.min()) / np.ptp(place)
    count = int(random.integers(2, 6))
    colours = np.array([_colour(random) for _ in range(count)], float)
    stops = np.linspace(0, 1, count)
    pixels = np.stack([np.interp(place, stops, colours[:, channel]) for channel in range(3)], axis=-1)
    if random.random() < 0.3:
        pixels += random.normal(0, random.uniform(1, 12), pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def text(random: Random) -> Image.Image:
    """A page, dark on light or the other way, in one or two columns."""
    ground, ink = _paper(random)
    picture, draw = _blank(ground)
    size = int(random.integers(9, 34))
    columns = int(random.integers(1, 3))
    margin = int(random.integers(10, 60))
    width = (SIZE - 2 * margin) // columns
    for column in range(columns):
        _lines(random, draw, (margin + column * width, margin, margin + (column + 1) * width - 12, SIZE - margin), size, ink)
    if random.random() < 0.5:
        draw.text((margin, 4), _words(random, 3).title(), fill=ink, font=_font(size + 12))
    if random.random() < 0.25:  # as photographed by hand
        picture = picture.rotate(random.uniform(-12, 12), Image.Resampling.BICUBIC, fillcolor=_colour(random))
    return picture


def chart(random: Random) -> Image.Image:
    """Bars, lines, points or a pie, with axes and words."""
    ground, ink = _paper(random)
    picture, draw = _blank(ground)
    colours = [_colour(random) for _ in range(6)]
    left, top, right, bottom = area = (50, 50, SIZE - 20, SIZE - 40)
    draw.text((left, 12), _words(random, 3), fill=ink, font=_font(20))
    form = int(random.integers(4))
    if form == 3:
        ends = np.cumsum(random.dirichlet(np.full(int(random.integers(3, 7)), 2.0))) * 360
        for colour, start, end in zip(colours, (0.0, *ends[:-1]), ends, strict=False):
            draw.pieslice((90, 90, SIZE - 90, SIZE - 90), start, end, fill=colour, outline=ground)
        return picture
    for line in np.linspace(top, bottom, 6) if random.random() < 0.6 else ():
        draw.line((left, line, right, line), fill=(200, 200, 200))
    for label in range(6):
        draw.text((8, bottom - label * (bottom - top) / 5 - 8), str(label * int(random.integers(1, 50))), fill=ink, font=_font(14))
    if form == 0:
        _bars(random, draw, area, colours)
    else:
        for colour in colours[: int(random.integers(1, 5))]:
            _curve(random, draw, area, colour, joined=form == 1)
    draw.line((left, top, left, bottom, right, bottom), fill=ink, width=2)
    return picture


def screenshot(random: Random) -> Image.Image:
    """Windows with bars, buttons, lists and text, or a terminal."""
    ground, ink = _paper(random)
    picture, draw = _blank(_colour(random) if random.random() < 0.4 else ground)
    for _ in range(int(random.integers(1, 4))):
        left, top = (int(value) for value in random.integers(0, SIZE // 3, 2))
        right, bottom = (int(value) for value in random.integers(2 * SIZE // 3, SIZE + 1, 2))
        accent = _colour(random)
        draw.rectangle((left, top, right, bottom), fill=ground, outline=ink)
        draw.rectangle((left, top, right, top + 26), fill=accent)
        draw.text((left + 8, top + 4), _words(random, 2), fill=ground, font=_font(15))
        for button in range(3):
            draw.ellipse((right - 20 - 18 * button, top + 7, right - 8 - 18 * button, top + 19), fill=ink)
        side = left + (int(random.integers(60, 140)) if random.random() < 0.6 else 0)
        if side > left:
            draw.rectangle((left, top + 26, side, bottom), fill=(235, 236, 240) if sum(ground) > 380 else (45, 45, 52))
            _lines(random, draw, (left + 8, top + 34, side - 6, bottom - 10), 13, ink)
        _lines(random, draw, (side + 12, top + 36, right - 10, bottom - 50), int(random.integers(11, 18)), ink)
        if random.random() < 0.7:
            draw.rounded_rectangle((right - 110, bottom - 40, right - 14, bottom - 12), 6, fill=accent)
            draw.text((right - 98, bottom - 35), _words(random, 1), fill=ground, font=_font(14))
    return picture


def shapes(random: Random) -> Image.Image:
    """As a child draws in a paint program: a house, a sun, people, and circles, squares, triangles and scribbles."""
    ground = (255, 255, 255) if random.random() < 0.7 else _colour(random)
    picture, draw = _blank(ground)
    width = int(random.integers(2, 12))
    if random.random() < 0.4:
        draw.rectangle((0, int(SIZE * random.uniform(0.7, 0.9)), SIZE, SIZE), fill=(60, 170, 70))
    for _ in range(int(random.integers(1, 9))):
        x, y = random.uniform(0.1, 0.9, 2) * SIZE
        radius = random.uniform(0.05, 0.25) * SIZE
        box = (x - radius, y - radius, x + radius, y + radius)
        fill, line = (_colour(random) if random.random() < 0.6 else None), _colour(random)
        form = int(random.integers(6))
        if form == 0:
            draw.ellipse(box, fill=fill, outline=line, width=width)
        elif form == 1:
            draw.rectangle(box, fill=fill, outline=line, width=width)
        elif form == 2:
            draw.polygon([(x - radius, y + radius), (x + radius, y + radius), (x, y - radius)], fill=fill, outline=line, width=width)
        elif form == 3:  # a house
            draw.rectangle((x - radius, y, x + radius, y + radius), fill=fill, outline=line, width=width)
            draw.polygon([(x - radius, y), (x + radius, y), (x, y - radius)], fill=_colour(random), outline=line, width=width)
        elif form == 4:  # a person, or a sun
            draw.ellipse((x - radius / 3, y - radius, x + radius / 3, y - radius / 3), fill=fill, outline=line, width=width)
            for dx, start, end in ((0, -0.33, 0.4), (-0.5, 0.4, 1), (0.5, 0.4, 1), (-0.6, 0, -0.2), (0.6, 0, -0.2)):
                draw.line((x, y + start * radius, x + dx * radius, y + end * radius), fill=line, width=width)
        else:
            points = np.cumsum(random.normal(0, radius / 2, (20, 2)), axis=0) + np.array((x, y))
            draw.line([tuple(point) for point in points], fill=line, width=width, joint="curve")
    if random.random() < 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2)))
    return picture


KINDS: dict[str, Callable[[Random], Image.Image]] = {
    kind.__name__: kind for kind in (noise, flat, gradient, text, chart, screenshot, shapes)
}


def _bars(random: Random, draw: ImageDraw.ImageDraw, area: Box, colours: list[Colour]) -> None:
    left, top, right, bottom = area
    count = int(random.integers(3, 13))
    step = (right - left) / count
    for place, height in enumerate(random.uniform(0.05, 1, count)):
        start = left + place * step
        colour = colours[0 if count > len(colours) else place]
        draw.rectangle((start + 4, bottom - height * (bottom - top), start + step - 4, bottom), fill=colour)


def _curve(random: Random, draw: ImageDraw.ImageDraw, area: Box, colour: Colour, *, joined: bool) -> None:
    left, top, right, bottom = area
    heights = 0.5 + np.cumsum(random.normal(0, 0.12, int(random.integers(12, 50))))
    points = np.column_stack([np.linspace(left, right, len(heights)), bottom - heights.clip(0, 1) * (bottom - top)])
    if joined:
        draw.line([tuple(point) for point in points], fill=colour, width=int(random.integers(1, 5)))
        return
    for x, y in points + random.normal(0, 20, points.shape):
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour)


def _blank(colour: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (SIZE, SIZE), colour)
    return picture, ImageDraw.Draw(picture)


def _colour(random: Random) -> Colour:
    red, green, blue = (int(value) for value in random.integers(0, 256, 3))
    return red, green, blue


def _paper(random: Random) -> tuple[Colour, Colour]:
    """Ground and ink, dark on light more often than light on dark."""
    light, dark = (int(value) for value in (random.integers(225, 256), random.integers(0, 60)))
    pair = (light, light, light), (dark, dark, dark)
    return pair if random.random() < 0.75 else (pair[1], pair[0])


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _words(random: Random, count: int) -> str:
    letters = np.array(list(string.ascii_lowercase))
    return " ".join("".join(random.choice(letters, int(random.integers(1, 11)))) for _ in range(count))


def _lines(random: Random, draw: ImageDraw.ImageDraw, box: Box, size: int, ink: Colour) -> None:
    """Lines of words in `box`, some of them short, until it is full."""
    left, top, right, bottom = box
    font = _font(size)
    y = top
    while y + size < bottom:
        line = _words(random, 30)[: max(int((right - left) * random.choice([1.0, 1.0, 1.0, 0.5]) / (0.55 * size)), 1)]
        draw.text((left, y), line, fill=ink, font=font)
        y += int(size * random.choice([1.3, 1.3, 1.3, 2.2]))
