"""Multipart forms, parsed by python-multipart where they are as clients write them, and by Werkzeug where they are not.

Werkzeug's parser compiles two regular expressions for each request and copies each byte six times, which is half of what a small request
costs beside its picture. But it has an answer to everything: line ends of one byte, empty parts, text before the first.
"""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from python_multipart.multipart import MultipartParser
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# As much as gunicorn takes from a socket at once; read in smaller pieces its buffer is copied for each.
PIECE_BYTES = 1024 * 1024

Form = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


class FileForm(FormDataParser):
    """Werkzeug's parser, faster for forms of files. It needs memory for twice the body.

    take: hands over a body that lies in memory, which spares copying it out of the stream; None where there is no such body.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.take: Callable[[], bytearray] | None = None

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None) -> Form:
        """See Werkzeug's own. Raises RequestEntityTooLarge for too many parts."""
        if mimetype != "multipart/form-data":
            return super().parse(stream, mimetype, content_length, options)
        body = self._body(stream, content_length)
        try:
            files = _files(body, (options or {}).get("boundary", "").encode("ascii"), self.max_form_parts)
        except ValueError:
            return super().parse(BytesIO(body), mimetype, content_length, options)
        return stream, self.cls(), self.cls(files)

    def _body(self, stream: IO[bytes], content_length: int | None) -> bytes | bytearray:
        if self.take is None:
            # One piece is not copied.
            return b"".join(_pieces(stream, content_length))
        body = self.take()
        # A length that was told beforehand is none that gets here.
        if self.max_content_length is not None and len(body) > self.max_content_length:
            raise RequestEntityTooLarge
        return body


def _pieces(stream: IO[bytes], content_length: int | None) -> Iterator[bytes]:
    return iter(partial(stream.read, min(PIECE_BYTES, content_length or PIECE_BYTES)), b"")


def _files(body: bytes | bytearray, boundary: bytes, most_parts: int | None) -> list[tuple[str, FileStorage]]:
    """Raises ValueError for a form that is damaged or unusual, or has other parts than files."""
    if not boundary:
        raise ValueError("no boundary")
    parts = _Parts(most_parts)
    # It reads a bytearray as it reads bytes.
    MultipartParser(boundary, parts.callbacks()).write(body)  # type: ignore[arg-type]
    # Werkzeug also knows boundaries after other ends of a line than CR LF, and after an empty part, without one of their own.
    if not parts.complete or body.count(b"--" + boundary) != len(parts.files) + 1:
        raise ValueError("a boundary is missing, or was taken for content")
    return parts.files


class _Parts:
    """The files that MultipartParser tells of piece by piece."""

    def __init__(self, most_parts: int | None) -> None:
        self.files: list[tuple[str, FileStorage]] = []
        self.complete = False
        self._most_parts = most_parts

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": self._take,
            "on_part_end": self._end,
            "on_end": self._end_form,
        }

    def _begin(self) -> None:
        if len(self.files) == self._most_parts:
            raise RequestEntityTooLarge
        self._headers, self._field, self._value = Headers(), bytearray(), bytearray()
        self._content: list[memoryview] = []

    def _end_header(self) -> None:
        self._headers.add(self._field.decode(), self._value.decode().strip(" \t"))
        self._field.clear()
        self._value.clear()

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._content.append(memoryview(data)[start:end])

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        if "name" not in options or "filename" not in options:
            raise ValueError("a part that is no file")
        # Copied once: whoever reads all of it gets the very bytes that a stream was made of.
        stream = BytesIO(b"".join(self._content))
        self.files.append((options["name"], FileStorage(stream, options["filename"], options["name"], headers=self._headers)))

    def _end_form(self) -> None:
        self.complete = True
