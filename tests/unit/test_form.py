"""Each form is parsed as Werkzeug alone parses it."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from gateway import form
from gateway.door.body import Stream
from gateway.form import PIECE_BYTES, FileForm

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
    except RequestEntityTooLarge as error:
        return type(error)
    found = [(name, file.filename, file.name, dict(file.headers), file.stream.read()) for name, many in files.lists() for file in many]
    return found, list(texts.items(multi=True))


def new(kind, **options):
    return kind(lambda *_, **__: BytesIO(), max_form_memory_size=500_000, max_form_parts=20, **options)


def with_body(body, **options):
    """A parser for a body that the front door has in memory."""
    parser = new(FileForm, **options)
    parser.take = Stream(bytearray(body)).take
    return parser


def refuse(*_args):
    raise AssertionError("Werkzeug was asked")


@pytest.fixture
def alone(monkeypatch):
    """Whether python-multipart parses by itself."""
    return lambda: monkeypatch.setattr(FormDataParser, "parse", refuse)


USUAL = [
    part(b"content") + LAST,
    part(b"one") + part(b"two", filename=b"b.png", headers=b"") + LAST,
    part(b"x" * (2 * PIECE_BYTES + 3)) + part(b"y") + LAST,
    part(b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n\r\n-\r--") + LAST,
    part(b"") + part(b"two") + LAST,
    part(b"content", filename=b"") + LAST,
    part(b"content", name=b"other") + part(b"content") + LAST,
    part(b"content", filename='絵 \\"1\\".png'.encode()) + LAST,
    part(b"content", headers=b"X-Folded:  a \t\r\nContent-Length: 7\r\n") + LAST,
    part(b"content") * 20 + LAST,
    part(b"content") + LAST[:-2],
    b"\r\n" + part(b"content") + LAST,
]

UNUSUAL = [
    b"",
    LAST,
    b"no form",
    # As Werkzeug's own test client writes an empty file.
    part(b"", end=b"") + part(b"two") + LAST,
    part(b"", end=b"") + LAST,
    part(b"text", filename=None, headers=b"") + part(b"content") + LAST,
    part(b"t" * 600_000, filename=None, headers=b"") + LAST,
    (part(b"content") + LAST).replace(b"\r\n", b"\n"),
    b"preamble\r\n" + part(b"content") + LAST,
    part(b"content"),
    part(b"content")[:-30],
    part(b"content", filename=b"\xff.jpg") + LAST,
    part(b"content", headers=b"no header\r\n") + LAST,
    part(b"content", headers=b"X-Many: 1\r\n" * 30) + LAST,
    part(b"content", filename=b"n" * 20_000) + LAST,
    (part(b"content") + LAST).replace(b"Content-Disposition", b"Content-Other"),
    (part(b"content") + LAST).replace(b'name="image"; ', b""),
    part(b"--" + BOUNDARY.encode() + b" is how it begins") + LAST,
]


@pytest.mark.parametrize("body", USUAL)
def test_usual_forms_are_parsed_as_by_werkzeug_and_without_it(alone, body):
    expected = parsed(new(FormDataParser), body)
    assert expected[0]
    alone()
    assert parsed(new(FileForm), body) == expected
    assert parsed(with_body(body), b"") == expected
    # As a chunked body comes.
    assert parsed(new(FileForm), body, content_length=None) == expected


@pytest.mark.parametrize("body", UNUSUAL)
def test_unusual_forms_are_parsed_as_by_werkzeug(body):
    expected = parsed(new(FormDataParser), body)
    assert parsed(new(FileForm), body) == expected
    assert parsed(with_body(body), body) == expected


def test_a_body_in_memory_has_a_largest_size_too():
    body = part(b"content") + LAST
    assert parsed(with_body(body, max_content_length=len(body) - 1), b"") is RequestEntityTooLarge
    assert parsed(with_body(body, max_content_length=len(body)), b"") == parsed(new(FormDataParser), body)


@pytest.mark.parametrize("boundary", ["", "ä", "b" * 300, "x y", "--"])
def test_other_boundaries(boundary):
    body = (part(b"content") + LAST).replace(BOUNDARY.encode(), boundary.encode())
    assert parsed(new(FileForm), body, boundary) == parsed(new(FormDataParser), body, boundary)


def test_too_many_parts():
    assert parsed(new(FileForm), part(b"") * 21 + LAST) is parsed(new(FormDataParser), part(b"") * 21 + LAST) is RequestEntityTooLarge


NAMED = b'Content-Disposition: form-data; name="image"'
PIECES = [b"\r\n", b"\n", b"--", BOUNDARY.encode(), LAST, b": ", NAMED, b'; filename="a"', b"x", part(b"y")]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_form_is_parsed_as_by_werkzeug(pieces):
    body = b"".join(pieces)
    expected = parsed(new(FormDataParser), body)
    assert parsed(new(FileForm), body) == expected
    assert parsed(with_body(body), body) == expected


def test_other_kinds_of_form_are_werkzeug_s():
    _, texts, files = new(FileForm).parse(BytesIO(b"a=1"), "application/x-www-form-urlencoded", 3)
    assert (texts.to_dict(), len(files)) == ({"a": "1"}, 0)


def test_a_body_of_one_piece_is_not_copied_before_it_is_parsed(monkeypatch):
    body = part(b"content") + LAST
    seen = []
    monkeypatch.setattr(form, "_files", lambda data, *_: seen.append(data) or [])
    new(FileForm).parse(BytesIO(body), "multipart/form-data", len(body), {"boundary": BOUNDARY})
    assert seen == [body]
