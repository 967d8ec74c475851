"""Whether the head of a request, as uvicorn has parsed it, is one that this service takes."""

from typing import Any

from gateway.errors import AddressTooLong, NotHttp, TooManyHeaders, UnknownCoding, UnknownExpectation

MOST_TARGET_BYTES, MOST_HEADERS, MOST_HEADER_BYTES = 4094, 100, 8190


def check_head(scope: dict[str, Any]) -> None:
    """Raises a RagamError for what uvicorn's parser lets pass and this service does not."""
    if scope["http_version"] not in ("1.0", "1.1"):
        raise NotHttp("another version")
    headers = scope["headers"]
    values = dict(headers)
    if len(scope["raw_path"]) + len(scope["query_string"]) > MOST_TARGET_BYTES:
        raise AddressTooLong
    if len(headers) > MOST_HEADERS or any(len(name) + len(value) > MOST_HEADER_BYTES for name, value in headers):
        raise TooManyHeaders
    hosts = sum(name == b"host" for name, _ in headers)
    if hosts > 1 or (not hosts and scope["http_version"] == "1.1"):
        raise NotHttp("no Host, or several")
    if b"transfer-encoding" in values:
        if scope["http_version"] == "1.0":
            raise NotHttp("Transfer-Encoding in HTTP/1.0")
        if sum(name == b"transfer-encoding" for name, _ in headers) > 1 or values[b"transfer-encoding"].lower() != b"chunked":
            raise UnknownCoding
    if values.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise UnknownExpectation
