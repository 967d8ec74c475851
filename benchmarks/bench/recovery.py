"""How soon after a load's end the service answers as if there had been none."""

import time
import urllib.error
import urllib.request

from benchmarks.bench.upload import BOUNDARY, http_request
from benchmarks.service import open_directly

WATCHED_SECONDS = 5.0


def alone_seconds(address: str, path: str, picture: bytes, image_format: str) -> tuple[int, float]:
    """Status and seconds of one picture; status 0 where there is no answer."""
    body = http_request("", path, picture, image_format).partition(b"\r\n\r\n")[2]
    request = urllib.request.Request(address + path, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
    began = time.monotonic()
    try:
        with open_directly(request, timeout=WATCHED_SECONDS) as answer:
            answer.read()
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        status = 0
    return status, time.monotonic() - began


def recovered_after(address: str, path: str, picture: bytes, image_format: str, *, usual: float, ended: float) -> float:
    """Seconds from `ended`, a monotonic instant, until the first of three answers in a row that take at most twice the `usual` seconds.

    NaN where they do not come within WATCHED_SECONDS.
    """
    row: list[float] = []
    while time.monotonic() < ended + WATCHED_SECONDS:
        status, seconds = alone_seconds(address, path, picture, image_format)
        row = [*row, time.monotonic() - ended] if status == 200 and seconds <= 2 * usual else []
        if len(row) == 3:
            return row[0]
    return float("nan")
