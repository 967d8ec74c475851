"""From a request to the bytes of its pictures, in memory: nothing that a client sends is written to disk."""

from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.api.form import FORM, Content
from gateway.capacity import BATCH_BYTES
from gateway.contract import MAX_BATCH
from gateway.environ import ABANDONED
from gateway.errors import (
    BadUpload,
    ClientGone,
    CompressedBody,
    EmptyPicture,
    MissingFileName,
    MissingForm,
    MissingPicture,
    TooManyBatchBytes,
    TooManyBytes,
    TooManyPictures,
    UnknownField,
    WrongExtension,
)
from gateway.picture import names
from gateway.picture.format import JPEG, PNG
from gateway.settings import Settings

FIELD = "image"
EXTENSIONS = (".png", ".jpg", ".jpeg")

# What a multipart body may add around the file: boundaries, headers, a few small fields.
MULTIPART_OVERHEAD_BYTES = 64 * 1024


def most_body_bytes(settings: Settings) -> int:
    """The largest body that any route takes: several pictures, or one where a single one may be larger."""
    return max(settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES, BATCH_BYTES)


def is_compressed(environ: dict[str, Any]) -> bool:
    """Whether the header Content-Encoding says that a body cannot be read here."""
    return environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity")


def read_picture(request: Request, max_bytes: int) -> bytes | memoryview:
    """The one file in the multipart field `image`. Raises what list_uploads and read_upload raise, and TooManyPictures above one."""
    try:
        uploads = _uploads(request)
    except RequestEntityTooLarge as error:
        raise TooManyBytes(max_bytes) from error
    if len(uploads) > 1:
        raise TooManyPictures(len(uploads), 1, f"This address takes one; /predictions takes up to {MAX_BATCH}.")
    return read_upload(uploads[0], max_bytes)


def list_uploads(request: Request, max_request_bytes: int) -> list[FileStorage]:
    """The files of all multipart fields `image`, in the order sent, none of them looked at yet.

    Raises CompressedBody, TooManyPictures above contract.MAX_BATCH, TooManyBatchBytes above `max_request_bytes`, and where there is no
    file the BadUpload that says why.
    """
    request.max_content_length = max_request_bytes
    try:
        uploads = _uploads(request)
    except RequestEntityTooLarge as error:
        raise TooManyBatchBytes(max_request_bytes) from error
    if len(uploads) > MAX_BATCH:
        raise TooManyPictures(len(uploads), MAX_BATCH)
    return uploads


def _uploads(request: Request) -> list[FileStorage]:
    if is_compressed(request.environ):
        raise CompressedBody(request.headers["Content-Encoding"].strip())
    if request.mimetype != FORM:
        has_body = request.content_length or "Transfer-Encoding" in request.headers
        raise MissingForm if has_body else MissingPicture
    # Where no file was chosen, a browser sends a file without name and bytes.
    uploads = [upload for upload in request.files.getlist(FIELD) if upload.filename or _content(upload)]
    if not uploads:
        raise _why_none(request)
    return uploads


def _why_none(request: Request) -> BadUpload:
    """What is wrong with a form that has no file `image`."""
    if FIELD in request.form:
        return MissingFileName()
    others = [name for name in (*request.files, *request.form) if name != FIELD]
    return UnknownField(others[0]) if others else MissingPicture()


def read_upload(upload: FileStorage, max_bytes: int) -> bytes | memoryview:
    """The bytes of `upload`.

    Raises MissingFileName, EmptyPicture, UnsupportedFormat, WrongExtension, and TooManyBytes above `max_bytes`.
    """
    if not upload.filename:
        raise MissingFileName
    data = _content(upload)
    if not upload.filename.lower().endswith(EXTENSIONS):
        raise names.unsupported(data) or WrongExtension(names.extension_of(data))
    if not data:
        raise EmptyPicture
    if data[: len(JPEG)] != JPEG and data[: len(PNG)] != PNG and (error := names.unsupported(data)):
        raise error
    if len(data) > max_bytes:
        raise TooManyBytes(max_bytes)
    return data


def _content(upload: FileStorage) -> bytes | memoryview:
    """A view of the request's body, and no copy of it."""
    return upload.stream.view if isinstance(upload.stream, Content) else upload.stream.read()


def request_bytes(uploads: list[FileStorage]) -> int:
    """What the files of a request have together."""
    return sum(len(upload.stream.view) for upload in uploads if isinstance(upload.stream, Content))


def stop_if_abandoned(request: Request) -> None:
    """To be called before each piece of work that takes long. Raises ClientGone where nobody waits for the answer any more."""
    is_abandoned = request.environ.get(ABANDONED)
    if is_abandoned is not None and is_abandoned():
        raise ClientGone
