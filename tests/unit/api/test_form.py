"""What clients write is parsed as Werkzeug parses it; whatever else comes costs little."""

from io import BytesIO

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from gateway.api.form import MAX_HEADER_BYTES, MAX_HEADERS, MAX_PARTS, FileForm
from gateway.errors import MissingBoundary, TooManyParts, UnreadableForm

BOUNDARY = "----Boundary7MA4YWxkTrZu0gW"
LAST = b"--" + BOUNDARY.encode() + b"--\r\n"


def part(content, name=b"image", filename=b"a.jpg", headers=b"Content-Type: image/jpeg\r\n", end=b"\r\n"):
    file = b'; filename="%s"' % filename if filename is not None else b""
    head = b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n' % (BOUNDARY.encode(), name, file)
    return head + headers + b"\r\n" + content + end


def parsed(parser, body, boundary=BOUNDARY, content_length=0):
    """Every file's and text's name and content, or the error."""
    try:
        with_length = len(body) if content_length == 0 else content_length
        _, texts, files = parser.parse(BytesIO(body), "multipart/form-data", with_length, {"boundary": boundary})
    except (RequestEntityTooLarge, MissingBoundary, TooManyParts, UnreadableForm) as error:
        return type(error)
    found = [(name, file.filename, file.name, dict(file.headers), file.stream.read()) for name, many in files.lists() for file in many]
    return found, list(texts.items(multi=True))


def new(kind, **options):
    return kind(lambda *_, **__: BytesIO(), max_form_memory_size=500_000, max_form_parts=200, **options)


def with_body(body, **options):
    """A parser for a body that is in memory."""
    parser = new(FileForm, **options)
    parser.body = body
    return parser


USUAL = [
    part(b"one") + part(b"two", filename=b"b.png", headers=b"") + LAST,
    part(b"x" * (2_000_003)) + part(b"y") + LAST,
    part(b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n\r\n-\r--") + LAST,
    part(b"") + part(b"two") + LAST,
    part(b"content", filename=b"") + LAST,
    part(b"content", name=b"other") + part(b"content") + LAST,
    part(b"content", filename='絵 \\"1\\".png'.encode()) + LAST,
    part(b"content", headers=b"X-Folded:  a \t\r\nContent-Length: 7\r\n") + LAST,
    part(b"content") + LAST[:-2],
    b"\r\n" + part(b"content") + LAST,
    # As Werkzeug's own test client writes an empty file.
    part(b"", end=b"") + part(b"two") + LAST,
    part(b"", end=b"") + LAST,
]

NOT_READ = [
    part(b"content", headers=b"a:" + b" " * 1_000_000 + b"\r\n") + LAST,
    part(b"content", filename=b"a" * 1_000_000) + LAST,
    (part(b"content") + LAST).replace(b"\r\n", b"\n"),
    b"preamble\r\n" + part(b"content") + LAST,
    part(b"content"),
    part(b"content", headers=b"X-Many: 1\r\n" * MAX_HEADERS) + LAST,
    part(b"content", headers=b"X-Long: " + b"1" * MAX_HEADER_BYTES + b"\r\n") + LAST,
    part(b"--" + BOUNDARY.encode() + b" is how it begins") + LAST,
]


def test_usual_forms_are_parsed_as_by_werkzeug():
    for body in USUAL:
        expected = parsed(new(FormDataParser), body)
        assert expected[0]
        assert parsed(new(FileForm), body) == expected
        assert parsed(with_body(body), b"") == expected
        # As a chunked body comes.
        assert parsed(new(FileForm), body, content_length=None) == expected


def test_of_other_fields_the_name_alone_is_kept():
    files, texts = parsed(new(FileForm), part(b"t" * 600_000, name=b"other", filename=None, headers=b"") + part(b"content") + LAST)
    assert ([content for *_, content in files], texts) == ([b"content"], [("other", "")])


def test_what_is_no_form_is_not_read():
    for body in NOT_READ:
        assert parsed(new(FileForm), body) is UnreadableForm, body[:200]
    assert parsed(new(FileForm), b"no form") is MissingBoundary


def test_a_body_in_memory_has_a_largest_size_too():
    body = part(b"content") + LAST
    assert parsed(with_body(body, max_content_length=len(body) - 1), b"") is RequestEntityTooLarge


def test_what_would_take_long_is_not_parsed(monkeypatch):
    """Each took seconds, gigabytes or both where it was parsed to its end, for the parser looks at each byte before the content."""
    monkeypatch.setattr("gateway.api.form.MultipartParser", None)
    start = b"--" + BOUNDARY.encode()
    for body, error in (
        (part(b"") * (MAX_PARTS + 1) + LAST, TooManyParts),
        ((start + b"\r\n") * 1_000_000, TooManyParts),
        (part((b"\r\n" + start + b"x") * 1_000_000) + LAST, TooManyParts),
        (part(b"content").replace(start, start + b" " * 1_000_000) + LAST, UnreadableForm),
        (b"\r\n" * 500_000, MissingBoundary),
    ):
        assert parsed(new(FileForm), body) is error
