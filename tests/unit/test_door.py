"""Where a request ends, however its bytes come."""

import io
import itertools

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from hypothesis import given
from hypothesis import strategies as st

from gateway.door.body import Chunked, Measured, Stream
from gateway.door.head import MOST_BYTES, MOST_LINE_BYTES, Head
from gateway.door.parsing import body_of, parse, take_expectation, unreadable
from gateway.errors import AddressTooLong, NotHttp, RagamError, TooManyHeaders, UnknownCoding, UnknownExpectation

CLIENT = ("127.0.0.1", 1)
HEAD = b"POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def pieces(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if end > start]


cuts = st.lists(st.integers(0, 10_000), max_size=40)
tokens = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)


def read_head(parts):
    """What a Head makes of `parts`: its text, and all that lies behind."""
    head = Head()
    for index, part in enumerate(parts):
        rest = head.feed(part)
        if rest is not None:
            return bytes(head.text), rest + b"".join(parts[index + 1 :])
    return bytes(head.text), None


@given(st.dictionaries(tokens, tokens), st.binary(max_size=300), st.integers(0, 3), cuts)
def test_a_head_ends_where_it_ends_however_it_is_cut(headers, behind, empty_lines, where):
    head = b"GET / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"
    assert read_head(pieces(b"\r\n" * empty_lines + head + behind, where)) == (head, behind)


@given(st.binary(max_size=200), cuts)
def test_a_head_is_refused_or_taken_whether_its_bytes_come_at_once_or_not(data, where):
    def outcome(parts):
        try:
            return read_head(parts)
        except RagamError as error:
            return type(error)

    for text in (data, b"GET / HTTP/1.1\r\n" + data, HEAD + data):
        assert outcome(pieces(text, where)) == outcome([text])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\x16\x03\x01", NotHttp),
        (b"GET /\r\n", NotHttp),
        (b"GET / HTTP/1.1\n", NotHttp),
        (b"GET / HTTP/1.1\r\nA: b\n", NotHttp),
        (b"GET /" + b"a" * MOST_LINE_BYTES, AddressTooLong),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * MOST_BYTES, TooManyHeaders),
    ],
)
def test_a_head_that_cannot_become_one_is_refused_before_its_end(data, error):
    with pytest.raises(error):
        Head().feed(data)


def test_a_head_of_as_many_bytes_as_may_be():
    line = b"GET /" + b"a" * (MOST_LINE_BYTES - 14) + b" HTTP/1.1"
    assert len(line) == MOST_LINE_BYTES
    assert Head().feed(line + b"\r\n\r\n") == b""


def feed(body, parts):
    """All that `body` leaves of `parts`."""
    left = b""
    for part in parts:
        left += part[body.feed(memoryview(part)) :]
    return left


@given(st.binary(max_size=300), st.binary(max_size=100), cuts)
def test_a_measured_body_takes_what_is_its_own(data, behind, where):
    body = Measured(len(data))
    assert body.complete is (not data)
    assert feed(body, pieces(data + behind, where)) == behind
    assert body.complete
    assert bytes(body.data) == data


@st.composite
def chunked(draw):
    """A body and one way to send it in chunks, with extensions and trailers."""
    chunks = draw(st.lists(st.binary(min_size=1, max_size=100), max_size=8))
    sent = b""
    for chunk in chunks:
        size = draw(st.sampled_from(["{:x}", "{:X}", "00{:x}"])).format(len(chunk)).encode()
        sent += size + draw(st.sampled_from([b"", b";a", b" ; a=b", b';a="b;c"'])) + b"\r\n" + chunk + b"\r\n"
    trailers = draw(st.dictionaries(tokens.map("X{}".format), tokens))
    return b"".join(chunks), sent + b"0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in trailers.items()).encode() + b"\r\n"


@given(chunked(), st.binary(max_size=100), cuts)
def test_a_chunked_body_is_what_gunicorn_reads_however_it_is_cut(body_and_sent, behind, where):
    data, sent = body_and_sent
    body = Chunked(10_000)
    assert feed(body, pieces(sent + behind, where)) == behind
    assert body.complete
    assert not body.is_cut
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert bytes(body.data) == data == next(get_parser(Config(), [head + sent], CLIENT)).body.read()


@given(st.binary(max_size=60), cuts)
def test_bytes_that_are_no_chunks_are_refused_or_wait_for_more(data, where):
    def outcome(parts):
        body = Chunked(10_000)
        try:
            left = feed(body, parts)
        except NotHttp:
            return None
        return bytes(body.data), left, body.complete

    for text in (data, b"3\r\nabc\r\n" + data, b"0\r\n" + data):
        assert outcome(pieces(text, where)) == outcome([text])


def test_a_chunked_body_that_is_too_large_is_cut():
    body = Chunked(1000)
    feed(body, [b"ffffff\r\n", bytes(900), bytes(900), bytes(900)])
    assert body.complete
    assert body.is_cut
    assert 1000 < len(body.data) < 3000
    # Lines count too: a chunk of a byte with a long extension is no way around.
    body = Chunked(100_000)
    feed(body, [b"1;%s\r\na\r\n" % (b"a" * 4000)] * 30)
    assert body.is_cut


@pytest.mark.parametrize("size", [1, 31])
def test_uselessly_small_chunks_are_refused(size):
    with pytest.raises(NotHttp):
        feed(Chunked(10**6), [b"%x\r\n%s\r\n" % (size, bytes(size))] * 1100)


def test_lines_of_a_picture_as_chunks_are_taken():
    body = Chunked(10**6)
    feed(body, [b"20\r\n" + bytes(32) + b"\r\n"] * 5000)
    assert len(body.data) == 160_000


@given(st.binary(max_size=1000), st.lists(st.integers(1, 300), min_size=1))
def test_a_stream_is_a_file(data, sizes):
    stream, file = Stream(bytearray(data)), io.BytesIO(data)
    for size in sizes:
        assert stream.read(size) == file.read(size)
    assert stream.read() == file.read()
    assert stream.read(1) == b""
    assert Stream(bytearray(data)).readlines() == io.BytesIO(data).readlines()


def test_a_stream_lets_go_of_what_was_read():
    data = bytearray(1000)
    stream = Stream(data)
    assert len(stream.read(1000)) == 1000
    assert stream._data is not data


@given(st.binary(max_size=100), st.integers(0, 120))
def test_what_was_not_read_of_a_stream_is_taken_whole(data, read):
    stream = Stream(bytearray(data))
    assert stream.read(read) + stream.take() == data
    assert stream.read() == b""


def test_what_gunicorn_says_of_a_head_is_what_counts():
    request = parse(HEAD, Config(), CLIENT)
    assert (request.method, request.path, take_expectation(request)) == ("POST", "/prediction", False)
    body = body_of(request, 100)
    assert isinstance(body, Measured)
    assert body.length == 5
    assert isinstance(body_of(parse(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Config(), CLIENT), 100), Chunked)
    assert body_of(parse(b"GET / HTTP/1.0\r\n\r\n", Config(), CLIENT), 100).complete


def test_whoever_waits_to_be_told_to_go_on_is_told_once():
    request = parse(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", Config(), CLIENT)
    assert take_expectation(request)
    # This is what gunicorn looks at.
    assert request._expected_100_continue is False
    assert not take_expectation(parse(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", Config(), CLIENT))


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", NotHttp),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", NotHttp),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: none\r\n\r\n", UnknownCoding),
        (b"POST / HTTP/1.1\r\nExpect: tea\r\n\r\n", UnknownExpectation),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 5000), AddressTooLong),
        (b"GET / HTTP/1.1\r\n%s\r\n" % (b"a: b\r\n" * 101), TooManyHeaders),
        (b"GET / HTTP/9.9\r\n\r\n", NotHttp),
        (b"\r\n", NotHttp),
    ],
)
def test_what_gunicorn_refuses_is_an_error_of_ours(head, error):
    with pytest.raises(error):
        parse(head, Config(), CLIENT)


def test_what_could_not_be_read_is_answered_once():
    assert unreadable(Config(), CLIENT).should_close()
