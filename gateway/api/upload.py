"""From a request to the bytes of its picture, in memory: nothing that a client sends is written to disk."""

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from gateway.api.form import Content, FileForm, body_of
from gateway.contract import MAX_BATCH
from gateway.environ import ABANDONED
from gateway.errors import ClientGone, EmptyPicture, MissingPicture, TooManyBatchBytes, TooManyBytes, TooManyPictures, WrongExtension
from gateway.settings import Settings

FIELD = "image"
EXTENSIONS = (".png", ".jpg", ".jpeg")

# What a multipart body may add around the file: boundaries, headers, a few small fields.
MULTIPART_OVERHEAD_BYTES = 64 * 1024


def most_body_bytes(settings: Settings) -> int:
    """The largest body that any route takes."""
    return max(settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES, settings.max_batch_bytes)


class InMemoryRequest(Request):
    """Flask's request, which would put files above 500 kB into temporary files."""

    form_data_parser_class = FileForm

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        if isinstance(parser, FileForm):
            parser.body = body_of(self.input_stream)
        return parser


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
