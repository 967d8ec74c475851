"""From a request to the bytes of its pictures, in memory: nothing that a client sends is written to disk.

Multipart forms are parsed by python-multipart, and nothing else is that a body may be. Each part is a view of the body, which is held once.
What no browser and no HTTP library writes is no form: a part with more headers, or longer ones, than files need, text before the first
part, lines that end in a line feed alone.
"""

from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from python_multipart.multipart import MultipartParser
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from gateway.capacity import BATCH_BYTES
from gateway.contract import MAX_BATCH
from gateway.environ import ABANDONED
from gateway.errors import (
    ClientGone,
    EmptyPicture,
    MissingPicture,
    TooManyBatchBytes,
    TooManyBytes,
    TooManyParts,
    TooManyPictures,
    WrongExtension,
)
from gateway.settings import Settings

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = "image"
EXTENSIONS = (".png", ".jpg", ".jpeg")

# What a multipart body may add around the file: boundaries, headers, a few small fields.
MULTIPART_OVERHEAD_BYTES = 64 * 1024

# More than the pictures that a request may have, so that it can be told how many they are.
MAX_PARTS = 100

# Of a part. A name of a file may have 255 characters, each up to 12 bytes as some clients write them.
MAX_HEADERS = 8
MAX_HEADER_BYTES = 8 * 1024

Form = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


def most_body_bytes(settings: Settings) -> int:
    """The largest body that any route takes: several pictures, or one where a single one may be larger."""
    return max(settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES, BATCH_BYTES)


def read_picture(request: Request, max_bytes: int) -> bytes | memoryview:
    """The file in the multipart field `image`. Raises what read_upload raises."""
    try:
        upload = request.files.get(FIELD)
    except RequestEntityTooLarge as error:
        raise TooManyBytes(max_bytes) from error
    if upload is None:
        raise MissingPicture
    return read_upload(upload, max_bytes)


def list_uploads(request: Request, max_request_bytes: int) -> list[FileStorage]:
    """The files of all multipart fields `image`, in the order sent, none of them looked at yet.

    Raises MissingPicture where there is none, TooManyPictures above contract.MAX_BATCH, TooManyBatchBytes above `max_request_bytes`.
    """
    request.max_content_length = max_request_bytes
    try:
        uploads = request.files.getlist(FIELD)
    except RequestEntityTooLarge as error:
        raise TooManyBatchBytes(max_request_bytes) from error
    if not uploads:
        raise MissingPicture
    if len(uploads) > MAX_BATCH:
        raise TooManyPictures(len(uploads), MAX_BATCH)
    return uploads


def read_upload(upload: FileStorage, max_bytes: int) -> bytes | memoryview:
    """The bytes of `upload`.

    Raises MissingPicture without a name, WrongExtension, EmptyPicture, and TooManyBytes above `max_bytes`.
    """
    if not upload.filename:
        raise MissingPicture
    if not upload.filename.lower().endswith(EXTENSIONS):
        raise WrongExtension
    # A view of the request's body, and no copy of it.
    data = upload.stream.view if isinstance(upload.stream, Content) else upload.stream.read()
    if not data:
        raise EmptyPicture
    if len(data) > max_bytes:
        raise TooManyBytes(max_bytes)
    return data


def request_bytes(uploads: list[FileStorage]) -> int:
    """What the files of a request have together."""
    return sum(len(upload.stream.view) for upload in uploads if isinstance(upload.stream, Content))


def stop_if_abandoned(request: Request) -> None:
    """To be called before each piece of work that takes long. Raises ClientGone where nobody waits for the answer any more."""
    is_abandoned = request.environ.get(ABANDONED)
    if is_abandoned is not None and is_abandoned():
        raise ClientGone


class Content:
    """A file of a form, of which `view` is all, with what Werkzeug asks of a stream."""

    def __init__(self, view: memoryview) -> None:
        self.view = view

    def read(self) -> bytes:
        return bytes(self.view)

    def close(self) -> None:
        """Nothing: the view lives as long as the request's body."""


class FileForm(FormDataParser):
    """Werkzeug's interface, for forms of files: parts that are none are left out.

    body: all of it where it lies in memory; None where it has to be read from the stream.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.body: bytes | None = None

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None) -> Form:  # noqa: ARG002
        """A form without files where the body is none, or damaged. Raises RequestEntityTooLarge, and TooManyParts above MAX_PARTS."""
        files: list[tuple[str, FileStorage]] = []
        if mimetype == "multipart/form-data":
            body = stream.read() if self.body is None else self.body
            if self.max_content_length is not None and len(body) > self.max_content_length:
                raise RequestEntityTooLarge
            try:
                files = _files(body, (options or {}).get("boundary", "").encode("ascii"))
            except ValueError:
                files = []
        return stream, self.cls(), self.cls(files)


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


def _files(body: bytes, boundary: bytes) -> list[tuple[str, FileStorage]]:
    """Raises ValueError for what is no form."""
    if not boundary:
        raise ValueError("no boundary")
    delimiter = b"--" + boundary
    boundaries = 0
    place = body.find(delimiter)
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
    return parts.files


def _parse(body: bytes, boundary: bytes) -> "_Parts":
    parts = _Parts()
    MultipartParser(boundary, parts.callbacks(), max_header_count=MAX_HEADERS, max_header_size=MAX_HEADER_BYTES).write(body)
    return parts


class _Parts:
    """The files that MultipartParser tells of piece by piece."""

    def __init__(self) -> None:
        self.files: list[tuple[str, FileStorage]] = []
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
        self._headers.add(self._field.decode(), self._value.decode().strip(" \t"))
        self._field.clear()
        self._value.clear()

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._content.append(memoryview(data)[start:end])

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        if "name" not in options or "filename" not in options:
            return
        view = self._content[0] if len(self._content) == 1 else memoryview(b"".join(self._content))
        # As a stream it has all that is asked of it here.
        stream: Any = Content(view)
        self.files.append((options["name"], FileStorage(stream, options["filename"], options["name"], headers=self._headers)))

    def _end_form(self) -> None:
        self._complete = True
