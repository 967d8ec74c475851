"""Multipart forms, parsed by python-multipart, and nothing else that a body may be.

Each part is a view of the body, which is held once. What no browser and no HTTP library writes is no form: a part with more headers, or
longer ones, than files need, text before the first part, lines that end in a line feed alone.
"""

from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from python_multipart.multipart import MultipartParser
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from gateway.errors import MissingBoundary, TooManyParts, UnreadableForm

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM = "multipart/form-data"

# More than the pictures that a request may have, so that it can be told how many they are.
MAX_PARTS = 100

# Of a part. A name of a file may have 255 characters, each up to 12 bytes as some clients write them.
MAX_HEADERS = 8
MAX_HEADER_BYTES = 8 * 1024

Form = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


class Content:
    """A file of a form, of which `view` is all, with what Werkzeug asks of a stream."""

    def __init__(self, view: memoryview) -> None:
        self.view = view

    def read(self) -> bytes:
        return bytes(self.view)

    def close(self) -> None:
        """Nothing: the view lives as long as the request's body."""


class FileForm(FormDataParser):
    """Werkzeug's interface, for forms of files: of parts that are none the names are kept, without their content.

    body: all of it where it lies in memory; None where it has to be read from the stream.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.body: bytes | None = None

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None) -> Form:  # noqa: ARG002
        """Raises MissingBoundary, UnreadableForm, TooManyParts above MAX_PARTS, and RequestEntityTooLarge."""
        if mimetype != FORM:
            return stream, self.cls(), self.cls()
        body = stream.read() if self.body is None else self.body
        if self.max_content_length is not None and len(body) > self.max_content_length:
            raise RequestEntityTooLarge
        try:
            parts = _parts(body, (options or {}).get("boundary", "").encode("ascii"))
        except UnicodeEncodeError as error:
            raise MissingBoundary from error
        except ValueError as error:
            raise UnreadableForm from error
        return stream, self.cls([(name, "") for name in parts.others]), self.cls(parts.files)


class InMemoryRequest(Request):
    """Flask's request, which would put files above 500 kB into temporary files."""

    form_data_parser_class = FileForm

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        if isinstance(parser, FileForm):
            parser.body = body_of(self.input_stream)
        return parser


def body_of(stream: IO[bytes]) -> bytes | None:
    """All of `stream` where it is in memory and nothing of it was read, without a copy where it was made of bytes."""
    return stream.getvalue() if isinstance(stream, BytesIO) and not stream.tell() else None


def _parts(body: bytes, boundary: bytes) -> "_Parts":
    """Raises ValueError for what is no form, MissingBoundary and TooManyParts."""
    if not body:
        return _Parts()
    delimiter = b"--" + boundary
    boundaries = 0
    place = body.find(delimiter) if boundary else -1
    if place < 0:
        raise MissingBoundary
    while place >= 0:
        boundaries += 1
        # Before the parser comes to them, which looks at each byte by byte.
        if boundaries > MAX_PARTS + 1:
            raise TooManyParts(MAX_PARTS)
        place += len(delimiter)
        if body[place : place + 1] in (b" ", b"\t"):
            raise ValueError("space behind a boundary, which nobody writes and the parser reads byte by byte")
        place = body.find(delimiter, place)
    parts = _parse(body, boundary)
    if not parts.are_all(boundaries):
        # An empty part may do without the line end of its content (RFC 2046, 5.1.1), and Werkzeug's own client writes it so.
        empty = b"\r\n\r\n" + delimiter
        parts = _parse(body.replace(empty, b"\r\n" + empty), boundary)
    if not parts.are_all(boundaries):
        raise ValueError("a boundary is missing, or was taken for content")
    return parts


def _parse(body: bytes, boundary: bytes) -> "_Parts":
    parts = _Parts()
    MultipartParser(boundary, parts.callbacks(), max_header_count=MAX_HEADERS, max_header_size=MAX_HEADER_BYTES).write(body)
    return parts


class _Parts:
    """The files that MultipartParser tells of piece by piece, and in `others` the names of the parts that are none."""

    def __init__(self) -> None:
        self.files: list[tuple[str, FileStorage]] = []
        self.others: list[str] = []
        self._count = 0
        self._complete = False

    def are_all(self, boundaries: int) -> bool:
        """Whether the form has come to its end, with a part before each of its boundaries but the first."""
        return self._complete and self._count == boundaries - 1

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
        self._count += 1
        self._headers, self._field, self._value = Headers(), bytearray(), bytearray()
        self._content: list[memoryview] = []

    def _end_header(self) -> None:
        # The name of a file comes in whatever encoding its sender has; all that is asked of it is the end.
        self._headers.add(self._field.decode(), self._value.decode("utf-8", "replace").strip(" \t"))
        self._field.clear()
        self._value.clear()

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._content.append(memoryview(data)[start:end])

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        if "name" not in options or "filename" not in options:
            self.others.append(options.get("name", ""))
            return
        view = self._content[0] if len(self._content) == 1 else memoryview(b"".join(self._content))
        # As a stream it has all that is asked of it here.
        stream: Any = Content(view)
        self.files.append((options["name"], FileStorage(stream, options["filename"], options["name"], headers=self._headers)))

    def _end_form(self) -> None:
        self._complete = True
