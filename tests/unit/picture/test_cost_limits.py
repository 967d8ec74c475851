"""Each bound on what decoding may cost: a file at 0.9 of it is decoded, one at 1.1 is refused from its header."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from gateway.capacity import PICTURE_BYTES
from gateway.errors import TooCostly, TooManySegments
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.format import MAX_PIXEL_CHUNKS, MAX_SEGMENTS, MAX_STRAY_BYTES, read_layout
from gateway.picture.limits import REQUEST_SECONDS, SECONDS_A_MEGABYTE, Budget
from gateway.picture.preprocess import to_pixels

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, body=b""):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, color):
    """All of one color, its rows compressed many at a time."""
    row = bytes(1 + (width * SAMPLES[color] * depth + 7) // 8)
    press = zlib.compressobj(1)
    many = max(1, 1_000_000 // len(row))
    whole, rest = divmod(height, many)
    rows = b"".join([*(press.compress(row * many) for _ in range(whole)), press.compress(row * rest), press.flush()])
    head = chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND")


def jpeg(width, height, **options):
    data = BytesIO()
    Image.new("RGB", (width, height), (90, 70, 50)).save(data, "JPEG", quality=50, **options)
    return data.getvalue()


def header_of_jpeg(width, height):
    """Of a baseline JPEG of another size: whoever decodes it finds most of it missing."""
    data = jpeg(800, 600)
    frame = data.index(b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">2H", height, width) + data[frame + 9 :]


def shares(data):
    """Of what a picture may take."""
    cost = open_picture(data).cost(DRAFT_SIZE)
    seconds = REQUEST_SECONDS + SECONDS_A_MEGABYTE * max(0, len(data) / 1e6 - 1)
    return {"memory": cost.bytes / PICTURE_BYTES, "time": cost.seconds / seconds}


@pytest.mark.parametrize(
    ("make", "what", "within", "beyond"),
    [
        (lambda side: png(side, side, 8, 2), "memory", 7950, 8816),
        (lambda side: png(side, side, 8, 6), "time", 6337, 7005),
        (lambda side: png(side, side, 16, 6), "time", 4946, 5470),
        (lambda rows: png(8, rows, 1, 0), "time", 2_679_000, 3_275_000),
        (lambda columns: png(columns, 20, 8, 0), "time", 1_183_000, 1_446_000),
        (lambda side: jpeg(side, side, progressive=True), "memory", 9164, 10170),
    ],
    ids=["RGB", "RGBA", "16-bit RGBA", "rows", "columns", "coefficients of a progressive JPEG"],
)
def test_what_decoding_costs(make, what, within, beyond):
    data = make(within)
    assert shares(data)[what] == pytest.approx(0.9, abs=0.05)
    opened = open_picture(data)
    Budget(len(data)).spend(opened.cost(DRAFT_SIZE))
    assert to_pixels(opened).shape == (224, 224, 3)
    data = make(beyond)
    assert shares(data)[what] == pytest.approx(1.1, abs=0.05)
    with pytest.raises(TooCostly, match=r"takes 1\.[12] times the (memory|time) that .* 'ragam classify'"):
        Budget(len(data)).spend(open_picture(data).cost(DRAFT_SIZE))


def test_a_baseline_jpeg_is_bound_by_its_blocks():
    for width, height, share in ((26_000, 20_000, 0.9), (32_000, 20_000, 1.1)):
        assert max(shares(header_of_jpeg(width, height)).values()) == pytest.approx(share, abs=0.05)


def test_the_largest_photographs_of_phones_and_museums_are_far_within():
    # As they are saved there, with 15 and 14 MB.
    for width, height, size in ((12_000, 9000, 16_000_000), (8479, 6496, 14_000_000)):
        found = shares(header_of_jpeg(width, height) + bytes(size))
        assert max(found.values()) < 0.35, found


@pytest.mark.parametrize("megapixels", [(12_000, 9000), (8479, 6496)])
def test_and_take_less_than_50_megabytes(tmp_path, megapixels):
    """In a process of its own, whose peak is its own."""
    (tmp_path / "large.jpg").write_bytes(jpeg(*megapixels))
    done = subprocess.run([sys.executable, "-c", PEAK, tmp_path / "large.jpg"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 50_000_000


ROOT = Path(__file__).resolve().parents[3]
PEAK = """
import re, sys
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels
def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
data = open(sys.argv[1], "rb").read()
before = peak()
to_pixels(open_picture(data))
print(peak() - before)
"""


def test_segments_stray_bytes_and_chunks():
    photo, picture = jpeg(64, 48), png(8, 8, 8, 2)
    comment = b"\xff\xfe\0\2"
    for share, is_read in ((0.9, True), (1.1, False)):
        for data in (
            photo[:2] + comment * round(share * MAX_SEGMENTS) + photo[2:],
            photo[:20] + bytes(round(share * MAX_STRAY_BYTES)) + photo[20:],
            picture[:33] + chunk(b"teXt") * round(share * MAX_SEGMENTS) + picture[33:],
            picture[:33] + chunk(b"IDAT") * round(share * MAX_PIXEL_CHUNKS) + picture[33:],
        ):
            if is_read:
                read_layout(data)
            else:
                with pytest.raises(TooManySegments):
                    read_layout(data)
