"""Valid files, and what makes others of them. A PNG's check sums can be set right again, or a decoder would see no further than them."""

import struct
import zlib
from collections.abc import Callable
from random import Random

import corpus
import png


def seeds() -> list[bytes]:
    """Small files of every kind that is read, and the small ones among the odd."""
    size = (40, 30)
    made = [corpus.painting("JPEG", size, mode) for mode in ("RGB", "L", "CMYK")]
    made += [
        corpus.painting("JPEG", size, progressive=True),
        corpus.painting("JPEG", size, quality=95, subsampling=0, restart_marker_rows=1),
    ]
    made += [corpus.painting("PNG", size, mode) for mode in ("RGB", "L", "LA", "P", "RGBA", "1")]
    return made + [data for _, data, _ in corpus.oddities() if len(data) < 3000]


def flip(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def overwrite(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    value = random.choice(
        (b"\0", b"\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff", b"\x80\0\0\0", b"\xff\xda", b"\xff\xd9", b"IDAT", b"IEND")
    )
    return data[:place] + value + data[place + len(value) :]


def cut(random: Random, data: bytes) -> bytes:
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:first] + data[last:]


def insert(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.randbytes(random.choice((1, 2, 4, 64))) + data[place:]


def repeat(random: Random, data: bytes) -> bytes:
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:last] * random.choice((1, 2, 20)) + data[last:]


def splice(random: Random, data: bytes) -> bytes:
    other = random.choice(SEEDS)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


SEEDS = seeds()
MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (flip, overwrite, cut, insert, repeat, splice)
# Longer files only take longer.
MAX_BYTES = 65_536


def mutated(random: Random, data: bytes) -> bytes:
    """`data` changed once to four times in ways chosen by `random`, and half of the time with right check sums."""
    for _ in range(random.randrange(1, 5)):
        data = random.choice(MUTATIONS)(random, data)[:MAX_BYTES]
    return with_check_sums(data) if random.random() < 0.5 else data


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
