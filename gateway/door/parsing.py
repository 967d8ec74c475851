"""A request's head as gunicorn understands it, and nobody else: two that read it differently are how requests are smuggled."""

from collections.abc import Callable
from typing import Any

from gunicorn.http import errors as http
from gunicorn.http import get_parser
from gunicorn.http.body import ChunkedReader

from gateway.door.body import Chunked, Measured
from gateway.errors import AddressTooLong, NotHttp, RagamError, TooManyHeaders, UnknownCoding, UnknownExpectation

# In the place of a request that could not be read. It is in the log, and whoever sent it is answered as for HTTP/1.1.
_UNREADABLE = b"NONE / HTTP/1.1\r\nConnection: close\r\n\r\n"

_REFUSALS: dict[type[Exception], Callable[[], RagamError]] = {
    http.LimitRequestLine: AddressTooLong,
    http.LimitRequestHeaders: TooManyHeaders,
    http.ExpectationFailed: UnknownExpectation,
    http.UnsupportedTransferCoding: UnknownCoding,
}


def parse(head: bytes, cfg: Any, client: Any) -> Any:
    """The request, gunicorn's own, of a complete `head`. Raises a RagamError where it is none."""
    try:
        return next(get_parser(cfg, [head], client))
    except (http.ParseException, http.NoMoreData, StopIteration) as error:
        kind = _REFUSALS.get(type(error))
        raise (kind() if kind else NotHttp(type(error).__name__)) from error


def unreadable(cfg: Any, client: Any) -> Any:
    """What is answered in the place of a request that could not be read."""
    return next(get_parser(cfg, [_UNREADABLE], client))


def body_of(request: Any, most: int) -> Measured | Chunked:
    """The body that the head of `request` announces; one in chunks is cut behind `most` bytes."""
    reader = request.body.reader
    return Chunked(most) if isinstance(reader, ChunkedReader) else Measured(reader.length)


def take_expectation(request: Any) -> bool:
    """Whether the client waits for 100 Continue. From here on gunicorn, which would send it behind the body, does not."""
    expected = bool(request._expected_100_continue)
    request._expected_100_continue = False
    return expected
