"""From a request to the bytes of its picture, in memory: nothing that a client sends is written to disk."""

from io import BytesIO
from typing import IO

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.errors import EmptyPicture, MissingPicture, TooManyBytes, WrongExtension

FIELD = "image"
EXTENSIONS = (".png", ".jpg", ".jpeg")

# What a multipart body may add around the file: boundaries, headers, a few small fields.
MULTIPART_OVERHEAD_BYTES = 64 * 1024


class InMemoryRequest(Request):
    """Flask's request, which would put files above 500 kB into temporary files."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return BytesIO()


def read_picture(request: Request, max_bytes: int) -> bytes:
    """The file in the multipart field `image`.

    Raises MissingPicture, WrongExtension, EmptyPicture, and TooManyBytes above `max_bytes`.
    """
    try:
        upload = request.files.get(FIELD)
    except RequestEntityTooLarge as error:
        raise TooManyBytes(max_bytes) from error
    if upload is None or not upload.filename:
        raise MissingPicture
    if not upload.filename.lower().endswith(EXTENSIONS):
        raise WrongExtension
    # At most the request's limit, which is MULTIPART_OVERHEAD_BYTES above this one; read() hands out the buffer, not a copy.
    data = upload.stream.read()
    if not data:
        raise EmptyPicture
    if len(data) > max_bytes:
        raise TooManyBytes(max_bytes)
    return data
