"""Every error that a client can be told, with its HTTP status and one sentence on what to do.

    RagamError
    ├── BadQuery                400  a parameter behind the ? has a value that means nothing
    ├── UnknownParameter        400  a parameter behind the ? that the address does not take
    ├── BadUpload               400  the request carries no usable picture
    │   ├── TooManyPictures     400  more than the address takes
    │   ├── MissingPicture      400  no file in the field `image`
    │   ├── MissingForm         400  a body that is no multipart form
    │   ├── MissingBoundary     400  a form whose boundary is not told, or told wrong
    │   ├── UnreadableForm      400  a form that is damaged, or written as nobody writes it
    │   ├── UnknownField        400  fields, and none of them `image`
    │   ├── MissingFileName     400  a field `image` that is no file
    │   ├── EmptyPicture        400  a file of zero bytes
    │   ├── WrongExtension      400  not named .png, .jpg or .jpeg
    │   ├── UnsupportedFormat   400  the bytes are a picture, or a document, of another format
    │   ├── UnreadablePicture   400  the bytes are no JPEG or PNG that can be decoded
    │   ├── TooManyParts        400  of the form
    │   └── TooManySegments     400  they are cut into so many pieces that decoding them takes too long
    ├── Unauthorized            401  no API key, or none that is known
    ├── TooLarge                413
    │   ├── TooManyBytes        413
    │   ├── TooManyBatchBytes   413  all pictures of a request together
    │   ├── TooCostly           413  decoding a picture takes too long, or too much memory
    │   └── TooCostlyTogether   413  decoding all pictures of a request takes too long
    ├── NotHttp                 400  what came is no HTTP request, or one that can be read in two ways
    ├── CutShort                400  the client ended before its request did
    ├── TooSlow                 408  the request did not come in time
    ├── AddressTooLong          414  the first line of the request
    ├── CompressedBody          415  the header Content-Encoding
    ├── UnknownExpectation      417  the header Expect
    ├── TooManyRequests         429  a rate limit of the operator is used up; try again later
    ├── TooManyHeaders          431  by number or bytes
    ├── UnknownCoding           501  the header Transfer-Encoding
    ├── Overloaded              503  more requests in flight, or bytes of them, than the settings or the machine allow; try again
    ├── ClientGone              503  nobody waits for the answer any more
    ├── Stopping                503  /readyz, while the gateway stops
    └── ServingError                 the model server gave no answer that can be used
        ├── ServingUnavailable  503  not reachable, or without this model; try again
        ├── ServingBusy         503  out of queue or threads; try again
        ├── ServingTimeout      504  no answer before the deadline
        └── WrongModel          502  it answered, but its model breaks the contract

`error` and `detail` go to the client, and never carry a path, an address or a traceback; the cause goes to the log. A word in `error` does
not change between versions, a sentence may.
"""

import errno
import math
from http import HTTPStatus
from typing import ClassVar

# Of what a client has written a sentence shows so much: to know it again.
MOST_SHOWN = 40

_OUT_OF = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def is_exhausted(error: BaseException) -> bool:
    """Whether the machine has no memory or file descriptors left, which is no fault of a request."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _OUT_OF)


def shown(text: str) -> str:
    """`text` as a sentence may show it: short, and nothing in it that steers a terminal or ends a quotation."""
    plain = "".join(char if char.isprintable() and char not in "\"'" else "?" for char in text[:MOST_SHOWN])
    return plain + "..." if len(text) > MOST_SHOWN else plain


class RagamError(Exception):
    """An error with an HTTP `status`, its stable word `error`, and where trying again helps `retry_after` seconds.

    detail: a sentence for the client, which says what is wrong and what to do.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    error: str = "internal"
    detail: str = "Something went wrong here. Try again, or tell whoever runs this service."
    retry_after: int | None = None

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail


class BadQuery(RagamError):
    error = "parameter_invalid"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, parameter: str, values: str) -> None:
        super().__init__(f"The parameter '{parameter}' must be {values}.")


class UnknownParameter(RagamError):
    error = "parameter_unknown"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, parameter: str, known: tuple[str, ...]) -> None:
        takes = "only " + ", ".join(f"'{name}'" for name in known) if known else "none"
        super().__init__(f"There is no parameter '{shown(parameter)}'. This address takes {takes}.")


class BadUpload(RagamError):
    status = HTTPStatus.BAD_REQUEST


class MissingPicture(BadUpload):
    error = "picture_missing"
    detail = "Send one picture as multipart/form-data in the field 'image'."


class TooManyPictures(BadUpload):
    error = "pictures_too_many"

    def __init__(self, count: int, most: int, instead: str = "") -> None:
        super().__init__(f"There are {count} pictures in the request. {instead or f'Send at most {most} at a time.'}")


class MissingForm(BadUpload):
    error = "form_missing"
    detail = "The body is no form. Send the picture as multipart/form-data in the field 'image'."


class MissingBoundary(BadUpload):
    error = "boundary_missing"
    detail = "The header Content-Type names no boundary that is in the body. Leave the header to your HTTP client, which writes both."


class UnreadableForm(BadUpload):
    error = "form_unreadable"
    detail = "The form is damaged or cut short. Leave it to your HTTP client to write a multipart/form-data with the field 'image'."


class UnknownField(BadUpload):
    error = "field_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"The form has the field '{shown(name)}', and none named 'image'. Send the picture in the field 'image'.")


class MissingFileName(BadUpload):
    error = "file_name_missing"
    detail = "The field 'image' has no file name. Send it as a file whose name ends in .png, .jpg or .jpeg."


class EmptyPicture(BadUpload):
    error = "picture_empty"
    detail = "The file is empty. Send a JPEG or PNG picture."


class WrongExtension(BadUpload):
    """`right`: the extension that the bytes should have, where they are a picture that would be taken."""

    error = "extension_unsupported"
    detail = "The file name must end in .png, .jpg or .jpeg."

    def __init__(self, right: str = "") -> None:
        kind = right.removeprefix(".").upper().replace("JPG", "JPEG")
        super().__init__(f"{self.detail} The file is a {kind}: send it under a name that ends in {right}." if right else None)


class UnsupportedFormat(BadUpload):
    """`name` with its article, and in `remedy` a sentence on what to do."""

    error = "format_unsupported"

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(f"The file is {name}, not a JPEG or PNG. {remedy}")


class UnreadablePicture(BadUpload):
    error = "picture_unreadable"
    detail = "The file cannot be read as a JPEG or PNG picture. It may be damaged, cut short or of another format."


class TooManySegments(BadUpload):
    error = "segments_too_many"
    detail = "The file is cut into more segments, chunks or scans than a picture needs. Save the picture anew and send that."


class TooManyParts(BadUpload):
    error = "parts_too_many"

    def __init__(self, most: int) -> None:
        super().__init__(f"The form has more than {most} parts. Send the pictures in the field 'image', and little else.")


class Unauthorized(RagamError):
    error = "key_unknown"
    status = HTTPStatus.UNAUTHORIZED
    detail = "Send an API key that this service knows, as 'Authorization: Bearer KEY' or as 'X-API-Key: KEY'."


class TooLarge(RagamError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooManyBytes(TooLarge):
    error = "picture_too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is too large. Send at most {max_bytes:,} bytes.")


class TooManyBatchBytes(TooLarge):
    error = "request_too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The request is too large. Send at most {max_bytes:,} bytes, or the pictures in several requests.")


class TooCostly(TooLarge):
    """`times` is by how much what decoding takes, "time" or "memory", is more than a picture may take."""

    error = "picture_too_costly"

    def __init__(self, times: float, what: str) -> None:
        super().__init__(
            f"Decoding the picture takes {math.ceil(10 * times) / 10:,} times the {what} that this service gives to one. "
            "Reduce it, or send it with the command 'ragam classify', which reduces it first."
        )


class TooCostlyTogether(TooLarge):
    error = "request_too_costly"
    detail = "The pictures of the request take too long to decode. Send this one in a request of its own."


class NotHttp(RagamError):
    """`reason` is for the log."""

    error = "request_invalid"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, reason: str) -> None:
        super().__init__("What was sent is no HTTP request that this service takes.")
        self.reason = reason


class CutShort(RagamError):
    error = "request_cut_short"
    status = HTTPStatus.BAD_REQUEST
    detail = "The request ended before all of it had come."


class TooSlow(RagamError):
    error = "request_too_slow"
    status = HTTPStatus.REQUEST_TIMEOUT
    detail = "The request did not come in time. Send it again, faster."


class AddressTooLong(RagamError):
    error = "address_too_long"
    status = HTTPStatus.REQUEST_URI_TOO_LONG
    detail = "The address is too long."


class CompressedBody(RagamError):
    error = "encoding_unsupported"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self, encoding: str) -> None:
        super().__init__(f"The body is compressed (Content-Encoding: {shown(encoding)}). Send it as it is, without that header.")


class UnknownExpectation(RagamError):
    error = "expectation_unsupported"
    status = HTTPStatus.EXPECTATION_FAILED
    detail = "The header Expect may only be 100-continue."


class TooManyHeaders(RagamError):
    error = "headers_too_large"
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    detail = "The headers of the request are too many or too large."


class UnknownCoding(RagamError):
    error = "transfer_coding_unsupported"
    status = HTTPStatus.NOT_IMPLEMENTED
    detail = "The header Transfer-Encoding may only be chunked."


class Overloaded(RagamError):
    error = "overloaded"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 1
    detail = "There are more requests than this service can take at the moment. Try again in a second."


class ClientGone(RagamError):
    error = "client_gone"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    detail = "The client has gone, or the time for the request is over."


class Stopping(RagamError):
    error = "stopping"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    detail = "This gateway is stopping. Send new requests to another one, or once it has started again."


class TooManyRequests(RagamError):
    error = "rate_limited"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, seconds: int) -> None:
        super().__init__(f"You have sent more than this service takes from one client. Try again in {seconds} s.")
        self.retry_after = seconds


class ServingError(RagamError):
    status = HTTPStatus.BAD_GATEWAY


class ServingUnavailable(ServingError):
    error = "model_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 1
    detail = "The model is not available at the moment. Try again in a second."


class ServingBusy(ServingError):
    error = "model_busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 1
    detail = "The model has more work than it can take at the moment. Try again in a second."


class ServingTimeout(ServingError):
    error = "model_timeout"
    status = HTTPStatus.GATEWAY_TIMEOUT
    detail = "The model did not answer in time. Try again, or tell whoever runs this service."


class WrongModel(ServingError):
    error = "model_unsuitable"
    status = HTTPStatus.BAD_GATEWAY
    detail = "The model behind this service does not fit it. Tell whoever runs this service."
