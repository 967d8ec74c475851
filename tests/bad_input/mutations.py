"""Valid files, and what makes others of them. A PNG's check sums can be set right again, or a decoder would see no further than them."""

import struct
import zlib
from collections.abc import Callable
from random import Random

import corpus
import icc
import jpeg
import png

# One for each kind of pixels; that of CMYK with as few nodes as there can be.
PROFILES = {"RGB": icc.rgb(icc.ADOBE_RGB, icc.gamma(2.2)), "L": icc.gray(1.8), "CMYK": icc.cmyk(steps=2)}


WORDS = (b"\0", b"\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff", b"\x80\0\0\0", b"\xff\xda", b"\xff\xd9", b"IDAT", b"IEND")


def flip(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def replace(random: Random, data: bytes) -> bytes:
    """A piece of `data` is left out or repeated, or has something else in its place."""
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    word, other = random.choice(WORDS), random.choice(SEEDS)
    put_in, end = random.choice(
        (
            (b"", last),
            (data[first:last] * random.choice((1, 2, 20)), first),
            (word, first + len(word)),
            (random.randbytes(random.choice((1, 2, 4, 64))), first),
            (other[random.randrange(len(other) + 1) :], len(data)),
        )
    )
    return data[:first] + put_in + data[end:]


def redraw(random: Random, data: bytes) -> bytes:
    """Other pixels in a PNG, and another form: they lie behind zlib, where no change of a byte leaves them readable."""
    if not data.startswith(png.SIGNATURE):
        return flip(random, data)
    width, height, depth, colour = (random.choice(values) for values in (range(1, 40), range(1, 40), (1, 2, 4, 8, 16), (0, 2, 3, 4, 6)))
    head = png.header(width, height, depth, colour, random.randrange(2))
    rows = random.randbytes(64).translate(FILTERS) * 200
    palette = png.chunk(b"PLTE", random.randbytes(3 * random.randrange(1, 257)))
    transparent = png.chunk(b"tRNS", random.randbytes(random.choice((1, 2, 6, 100)))) if random.random() < 0.5 else b""
    return png.file(head, zlib.compress(rows), before=color_chunks(random) + palette + transparent)


def recolor(random: Random, data: bytes) -> bytes:
    """Other colors: a changed profile, which in a PNG lies behind zlib, or chunks that tell them in another way."""
    if data.startswith(png.SIGNATURE):
        return data[:AFTER_HEADER] + color_chunks(random) + data[AFTER_HEADER:]
    return data[:2] + jpeg.app(2, b"ICC_PROFILE\0\1\1" + changed_profile(random)[:65_000]) + data[2:]


def color_chunks(random: Random) -> bytes:
    made = {
        b"iCCP": b"k\0\0" + zlib.compress(changed_profile(random)),
        b"gAMA": random.choice((b"\0\1\x86\xa0", random.randbytes(4))),
        b"cHRM": random.randbytes(32),
        b"cICP": bytes([random.randrange(13), random.randrange(19), 0, 1]),
    }
    return b"".join(png.chunk(kind, made[kind]) for kind in random.sample(sorted(made), random.randrange(3)))


def changed_profile(random: Random) -> bytes:
    return random.choice((flip, replace))(random, random.choice(sorted(PROFILES.values())))


AFTER_HEADER = len(png.SIGNATURE + png.header(1, 1))
# Every byte may begin a row, and a row begins with its filter, 0 to 4.
FILTERS = bytes(value % 5 for value in range(256))
# Small files of every kind that people send.
SIZE = (40, 30)
PAINTINGS = [
    *(corpus.painting("JPEG", SIZE, mode) for mode in ("RGB", "L", "CMYK")),
    corpus.painting("JPEG", SIZE, progressive=True),
    corpus.painting("JPEG", SIZE, subsampling=0, restart_marker_rows=1),
    *(corpus.painting("PNG", SIZE, mode) for mode in ("RGB", "L", "LA", "P", "RGBA", "1")),
    *(corpus.painting("JPEG", SIZE, mode, icc_profile=profile) for mode, profile in PROFILES.items()),
    *(corpus.painting("PNG", SIZE, mode, icc_profile=PROFILES[mode]) for mode in ("RGB", "L")),
]
SEEDS = PAINTINGS + [data for _, data, _ in corpus.oddities() if len(data) < 3000]
MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (flip, replace, replace, redraw, recolor)
# Longer files only take longer.
MAX_BYTES = 65_536


def mutated(random: Random, data: bytes) -> bytes:
    """`data`, or half of the time a painting, changed up to three times in ways chosen by `random`, mostly with right check sums."""
    if random.random() < 0.5:
        data = random.choice(PAINTINGS)
    for _ in range(random.choice((1, 1, 2, 3))):
        data = random.choice(MUTATIONS)(random, data)[:MAX_BYTES]
    return with_check_sums(data) if random.random() < 0.8 else data


def with_check_sums(data: bytes) -> bytes:
    if not data.startswith(png.SIGNATURE):
        return data
    parts, position = [png.SIGNATURE], len(png.SIGNATURE)
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4])
        body = data[position + 4 : position + 8 + length]
        parts.append(data[position : position + 4] + body + struct.pack(">I", zlib.crc32(body)))
        position += 12 + length
    return b"".join(parts) + data[position:]
