"""Forms as clients write them, and what makes others of them."""

import zlib
from random import Random

import corpus
import mutations

BOUNDARY = "bnd"
START = b"--" + BOUNDARY.encode()


def part(disposition: bytes, content: bytes, headers: bytes = b"") -> bytes:
    return b"%s\r\nContent-Disposition: form-data; %s\r\n%s\r\n%s\r\n" % (START, disposition, headers, content)


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + START + b"--\r\n"


PICTURE = corpus.painting("JPEG", (16, 12))
IMAGE = b'name="image"; filename="a.jpg"'
TYPE = b"Content-Type: image/jpeg\r\n"
SEEDS = [
    form(part(IMAGE, PICTURE, TYPE)),
    form(part(IMAGE, PICTURE), part(IMAGE, PICTURE)),
    form(part(b'name="file"; filename="a.jpg"', PICTURE)),
    form(part(b'name="image"', PICTURE)),
    form(part(b'name="image"; filename=""', b"")),
    form(part(b'name="image"; filename="caf\xe9.jpg"', PICTURE, TYPE)),
    form(part(b"name=image; filename*=iso-8859-1''caf%E9.jpg", PICTURE)),
    form(part(b'name="image"; filename="blob"', PICTURE)),
    form(part(b'name="title"', b"text"), part(IMAGE, b"RIFF\0\0\0\0WEBPVP8 ")),
    form(part(IMAGE, b"\0\0\0\x18ftypmif1\0\0\0\0heicmif1")),
    form(part(IMAGE, b"BM" + bytes(12) + b"\x28\0\0\0")),
    form(),
]
WORDS = (
    START,
    START + b"--",
    b"\r\n",
    b"\n",
    b"; ",
    b"filename*=utf-8''",
    b"filename*=windows-1251''%ef",
    b'filename="',
    b'name="image"',
    b"\\",
    b'"',
    b"\xff",
    b"Content-Disposition: form-data; ",
    b"ftypavif",
    b"GIF89a",
    b"%PDF-",
    b"<svg",
)
PATHS = (
    "/prediction",
    "/predictions",
    "/explanation",
    "/prediction?details",
    "/predictions?details=True",
    "/prediction?detail=1",
    "/explanation?x",
)
TYPES = (
    f"multipart/form-data; boundary={BOUNDARY}",
    f'Multipart/Form-Data; charset=latin-1; boundary="{BOUNDARY}"',
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=other",
    "multipart/form-data; boundary=\xe4",
    "application/x-www-form-urlencoded",
    "image/jpeg",
    "",
)
ENCODINGS = ("identity", "gzip", "\xe9\x7f'\"")


def request_of(data: bytes) -> tuple[str, str, dict[str, str]]:
    """Path, Content-Type and headers, the same for the same `data`, and mostly right."""
    random = Random(zlib.crc32(data))
    content_type = TYPES[0] if random.random() < 0.8 else random.choice(TYPES)
    encoding = "" if random.random() < 0.9 else random.choice(ENCODINGS)
    return random.choice(PATHS), content_type, {"Content-Encoding": encoding} if encoding else {}


def mutated(random: Random, data: bytes) -> bytes:
    """`data` where it is a form, or a seed, changed up to four times; it still begins as a form."""
    if not data.startswith(START) or random.random() < 0.2:
        data = random.choice(SEEDS)
    for _ in range(random.choice((1, 1, 2, 4))):
        if random.random() < 0.4:
            place = random.randrange(len(START), len(data) + 1)
            data = data[:place] + random.choice(WORDS) + data[place:]
        elif random.random() < 0.2:
            first, second = (random.choice((data, *SEEDS)) for _ in range(2))
            data = first[: random.randrange(len(START), len(first) + 1)] + second[random.randrange(len(second) + 1) :]
        else:
            change = random.choice((mutations.flip, mutations.overwrite, mutations.cut, mutations.insert, mutations.repeat))
            data = data[: len(START)] + change(random, data[len(START) :])
    return data[: mutations.MAX_BYTES]
