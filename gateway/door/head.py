"""The lines before a request's body, as they come in: where they end, and what can be refused before they do."""

import re

from gateway.errors import AddressTooLong, NotHttp, TooManyHeaders

# All lines together. gunicorn has its own limits on the first line, on each field and on their number.
MOST_BYTES = 32 * 1024
# gunicorn's default for the first line.
MOST_LINE_BYTES = 4094

_TOKEN_BYTES = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Whether a line can be a request's at all; what it says is for gunicorn to judge.
_REQUEST_LINE = re.compile(rb"[^ ]+ [^ ]+ HTTP/[0-9.]+")
_NO_LINE_END = "a line feed without a carriage return"


class Head:
    """Takes bytes until the empty line. `text` is what it has, at the end the whole head, the empty line included."""

    def __init__(self) -> None:
        self.text = bytearray()
        self._searched = 0
        self._line_is_known = False

    def feed(self, data: bytes | memoryview) -> bytes | None:
        """What lies behind the head once that is complete, None before.

        Raises NotHttp, AddressTooLong or TooManyHeaders as soon as no more bytes could make it a request that is taken.
        """
        text = self.text
        text += data
        # RFC 9112, 2.2: empty lines before a request are passed over.
        while not self._searched and text.startswith(b"\r\n"):
            del text[:2]
        if not text or (text == b"\r" and not self._searched):
            return None
        end = text.find(b"\r\n\r\n", max(0, self._searched - 3))
        size = len(text) if end < 0 else end + 4
        self._check(size)
        self._searched = size
        if end < 0:
            return None
        rest = bytes(text[size:])
        del text[size:]
        return rest

    def _check(self, size: int) -> None:
        text = self.text
        if text[0] not in _TOKEN_BYTES:
            raise NotHttp("no method at the start")
        if text.count(b"\n", self._searched, size) != text.count(b"\r\n", max(0, self._searched - 1), size):
            raise NotHttp(_NO_LINE_END)
        if not self._line_is_known:
            line_end = text.find(b"\r\n")
            if line_end > MOST_LINE_BYTES or (line_end < 0 and len(text) > MOST_LINE_BYTES + 1):
                raise AddressTooLong
            if line_end >= 0:
                if not _REQUEST_LINE.fullmatch(text, 0, line_end):
                    raise NotHttp("the first line is no request's")
                self._line_is_known = True
        if size > MOST_BYTES:
            raise TooManyHeaders
