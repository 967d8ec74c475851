"""Each bound on what decoding may cost, told from the header: 0.9 of it is let in, 1.1 refused. What it takes: tests/bad_input."""

import jpeg
import png
import pytest

from gateway.capacity import PICTURE_BYTES
from gateway.errors import TooCostly
from gateway.picture.decode import DRAFT_SIZE, open_picture
from gateway.picture.limits import REQUEST_SECONDS, SECONDS_A_MEGABYTE, Budget


def png_of(width, height, depth, colour):
    return png.file(png.header(width, height, depth, colour), b"")


def jpeg_of(width, height, kind=jpeg.BASELINE):
    return jpeg.START + jpeg.quantization() + jpeg.frame(width, height, kind, sampling=0x22) + jpeg.scan() + jpeg.END


def shares(data):
    """Of what a picture may take."""
    cost = open_picture(data).cost(DRAFT_SIZE)
    seconds = REQUEST_SECONDS + SECONDS_A_MEGABYTE * max(0, len(data) / 1e6 - 1)
    return {"memory": cost.bytes / PICTURE_BYTES, "time": cost.seconds / seconds}


@pytest.mark.parametrize(
    ("make", "what", "within", "beyond"),
    [
        (lambda side: png_of(side, side, 8, png.RGB), "memory", 7950, 8816),
        (lambda side: png_of(side, side, 8, png.RGBA), "time", 6337, 7005),
        (lambda side: png_of(side, side, 16, png.RGBA), "time", 4946, 5470),
        (lambda rows: png_of(8, rows, 1, png.GRAY), "time", 2_679_000, 3_275_000),
        (lambda columns: png_of(columns, 20, 8, png.GRAY), "time", 1_183_000, 1_446_000),
        (lambda side: jpeg_of(side, side, jpeg.PROGRESSIVE), "memory", 9164, 10170),
        (lambda width: jpeg_of(width, 20_000), "time", 26_000, 32_000),
    ],
    ids=["RGB", "RGBA", "16-bit RGBA", "rows", "columns", "coefficients of a progressive JPEG", "blocks of a baseline JPEG"],
)
def test_what_decoding_costs(make, what, within, beyond):
    assert shares(make(within))[what] == pytest.approx(0.9, abs=0.05)
    Budget(0).spend(open_picture(make(within)).cost(DRAFT_SIZE))
    assert shares(make(beyond))[what] == pytest.approx(1.1, abs=0.05)
    with pytest.raises(TooCostly, match=rf"takes 1\.[12] times the {what} that .* 'ragam classify'"):
        Budget(0).spend(open_picture(make(beyond)).cost(DRAFT_SIZE))


@pytest.mark.parametrize(("width", "height", "size"), [(12_000, 9000, 16_000_000), (8479, 6496, 14_000_000)])
def test_the_largest_photographs_of_phones_and_museums_are_far_within(width, height, size):
    assert max(shares(jpeg_of(width, height) + bytes(size)).values()) < 0.35
