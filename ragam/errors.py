"""What can go wrong, as one sentence for a person.

RagamError              `error` is a stable word for it: the service's, or one of FOUND_HERE, or http_404 where only the status is known;
│                       `status` is the HTTP status, 0 where there was no answer
├── PictureRefused      this picture has no answer: damaged, empty, of another format, or it cannot be read
│   └── PictureTooLarge
├── RequestRefused      the service takes no such request
├── Busy                too much work, or a rate limit is used up, at each attempt; `retry_after` is the pause asked for, in seconds
├── ServiceFailed       an error of the service, no answer in time, or one that is not understood
├── Unavailable         nor would another picture have an answer: there is no connection
│   ├── KeyRefused      or the API key is not known
│   └── ClientClosed    or close() was called
├── InvalidInput        what was given cannot be used: no pictures, an address that is not Ragam's, a CSV of something else
└── NotWritable         the results cannot be written
"""

from typing import ClassVar


class RagamError(Exception):
    """Without a word given, the word is that of its kind."""

    word: ClassVar[str] = "unknown"

    def __init__(self, sentence: str = "", error: str = "", status: int = 0) -> None:
        super().__init__(sentence)
        self.error, self.status = error or (f"http_{status}" if status else self.word), status


class PictureRefused(RagamError):
    word = "file_unreadable"


class PictureTooLarge(PictureRefused):
    word = "picture_too_large"


class RequestRefused(RagamError): ...


class Busy(RagamError):
    retry_after: float = 0.0


class ServiceFailed(RagamError):
    word = "answer_invalid"


class Unavailable(RagamError):
    word = "network"


class KeyRefused(Unavailable): ...


class ClientClosed(Unavailable):
    word = "client_closed"


class InvalidInput(RagamError):
    word = "input_invalid"


class NotWritable(RagamError):
    word = "not_writable"


# The words for what the client found, or what came from a server that is not Ragam. Two of them are the service's, too.
FOUND_HERE = (
    *("file_unreadable", "picture_unreadable", "picture_too_large", "fetch_failed", "network", "timeout", "answer_invalid"),
    *("client_closed", "input_invalid", "not_writable", "unknown"),
)


WORDS: dict[type[RagamError], str] = {
    PictureRefused: "picture_empty extension_unsupported format_unsupported picture_unreadable segments_too_many",
    PictureTooLarge: "picture_too_large request_too_large picture_too_costly request_too_costly",
    RequestRefused: "parameter_invalid parameter_unknown picture_missing form_missing boundary_missing form_unreadable field_unknown"
    " file_name_missing parts_too_many pictures_too_many request_invalid request_cut_short address_unknown method_not_allowed"
    " request_too_slow address_too_long encoding_unsupported expectation_unsupported headers_too_large transfer_coding_unsupported",
    KeyRefused: "key_unknown",
    Busy: "rate_limited overloaded client_gone stopping model_unavailable model_busy",
    ServiceFailed: "internal model_unsuitable model_timeout",
}
_BY_WORD = {word: kind for kind, words in WORDS.items() for word in words.split()}
# Where something between here and the service answered, or a later version has another word.
_BY_STATUS = {401: KeyRefused, 403: KeyRefused, 413: PictureTooLarge, 429: Busy, 503: Busy}


def kind_of(error: str, status: int) -> type[RagamError]:
    """The class for the service's word `error`; without a known one, for the HTTP `status`."""
    return _BY_WORD.get(error) or _BY_STATUS.get(status) or (RequestRefused if 300 <= status < 500 else ServiceFailed)
