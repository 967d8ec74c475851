"""A request's body as it comes in, of a length that is told before or in chunks, and as the application reads it."""

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.errors import NotHttp

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")
_MOST_LINE_BYTES = 4096
_MOST_TRAILER_BYTES = 8 * 1024

# Small chunks cost the loop that reads them far more than their bytes do: so many may come, of whatever size, and more if they are larger.
_FREE_CHUNKS = 1000
_LEAST_MEAN_CHUNK_BYTES = 32


class Measured:
    """A body whose length is told before it comes: Content-Length, or none."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.data = bytearray()
        self.complete = not length
        self.is_cut = False

    @property
    def wanted(self) -> int:
        """How many bytes may be read without reading into the next request."""
        return self.length - len(self.data)

    def feed(self, data: memoryview) -> int:
        """How many bytes at the start of `data` belong to the body."""
        piece = data[: self.wanted]
        self.data += piece
        self.complete = len(self.data) == self.length
        return len(piece)


class Chunked:
    """A body in chunks (RFC 9112, 7.1), decoded. Its trailers are dropped. What is more than `most` bytes is cut: `is_cut`."""

    # A guess: chunks do not say where they end before they come.
    wanted = 64 * 1024

    def __init__(self, most: int) -> None:
        self.data = bytearray()
        self.complete = self.is_cut = False
        self._most = most
        self._left = 0
        self._line = b""
        # Of the class and not of the object, which would hold itself, and its bytes, until the garbage collector came.
        self._read_line: Callable[[Chunked, bytes], None] = Chunked._size
        self._chunks = self._framing = self._trailer = 0

    def feed(self, data: memoryview) -> int:
        """How many bytes at the start of `data` belong to the body. Raises NotHttp where they are no chunks, or uselessly small ones."""
        taken = 0
        while taken < len(data) and not self.complete:
            if self._left:
                piece = data[taken : taken + self._left]
                self.data += piece
                self._left -= len(piece)
                taken += len(piece)
                self._cut_at(len(self.data))
            else:
                taken += self._feed_line(data[taken : taken + _MOST_LINE_BYTES])
        return taken

    def _cut_at(self, size: int) -> None:
        if size > self._most:
            self.complete = self.is_cut = True

    def _feed_line(self, data: memoryview) -> int:
        piece = bytes(data)
        end = piece.find(b"\n") + 1
        self._line += piece[:end] if end else piece
        taken = end or len(piece)
        self._framing += taken
        self._cut_at(self._framing)
        if len(self._line) > _MOST_LINE_BYTES:
            raise NotHttp("a line of a chunked body has no end")
        if end:
            if not self._line.endswith(b"\r\n"):
                raise NotHttp("a line of a chunked body ends in a line feed alone")
            line, self._line = self._line[:-2], b""
            self._read_line(self, line)
        return taken

    def _size(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise NotHttp("a chunk has no size")
        if self._chunks > _FREE_CHUNKS and len(self.data) < self._chunks * _LEAST_MEAN_CHUNK_BYTES:
            raise NotHttp("the chunks are too small")
        self._left = int(match[1], 16)
        self._chunks += 1
        self._read_line = Chunked._end_of_chunk if self._left else Chunked._end

    def _end_of_chunk(self, line: bytes) -> None:
        if line:
            raise NotHttp("a chunk is longer than its size")
        self._read_line = Chunked._size

    def _end(self, line: bytes) -> None:
        self._trailer += len(line)
        if not line:
            self.complete = True
        elif not _TRAILER_LINE.fullmatch(line) or self._trailer > _MOST_TRAILER_BYTES:
            raise NotHttp("what follows the last chunk is no trailer")


class Stream(io.RawIOBase):
    """A body that is all there, as wsgi.input. It lets go of its memory once it has been read."""

    def __init__(self, data: bytearray) -> None:
        super().__init__()
        self._data = data
        self._position = 0

    def take(self) -> bytearray:
        """All that was not read yet, without a copy. Nothing is left."""
        data, self._data = self._data, bytearray()
        del data[: self._position]
        self._position = 0
        return data

    def close(self) -> None:
        """Lets go of what was not read: an error's traceback may hold this object for long."""
        self._data = bytearray()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        with memoryview(self._data) as whole:
            piece = whole[self._position : self._position + len(target)]
            target[: len(piece)] = piece
            count = len(piece)
            piece.release()
        self._position += count
        if self._position == len(self._data):
            self._data, self._position = bytearray(), 0
        return count
