"""Requests that are no good HTTP, or that HTTP allows and nobody sends: each is answered, and harms nobody."""

import time
from itertools import product

from raw import Raw, Watch, assert_envelope, multipart

POST = b"POST /prediction HTTP/1.1\r\nHost: a\r\n"
FORM = b"Content-Type: multipart/form-data; boundary=x\r\n"
CHUNKED = POST + FORM + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def get(target, method=b"GET"):
    return b"%s %s HTTP/1.1\r\nHost: a\r\n\r\n" % (method, target)


# By the protection that answers it. Without the front uvicorn answers those of its parser with a page in HTML, or, where it waits
# for the end of the headers, not at all.
REFUSED = {
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), 400),
    "a line feed among the headers": (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
    "a method that was made up": (get(b"/", b"MADEUP"), 400),
    "CONNECT, with a path and a request for its body": (
        b"CONNECT /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(GET) + GET,
        400,
    ),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "a NUL in the address": (get(b"/\x00"), 400),
    "an address without a slash": (get(b"healthz"), 400),
    "a header without a colon": (b"GET / HTTP/1.1\r\nabc\r\n\r\n", 400),
    "a space behind a header's name": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "a header that goes on": (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd" + GET, 400),
    "a length of less than nothing": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "a length with a sign": (POST + b"Content-Length: +4\r\n\r\nabcd", 400),
    "a length and chunks": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET, 400),
    "chunks twice": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + GET, 400),
    "chunks in HTTP/1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET, 400),
    "a coding of its own": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + GET, 501),
    "another expectation": (POST + b"Expect: tea\r\nContent-Length: 4\r\n\r\n", 417),
    "a chunk without a size": (CHUNKED + b"\r\n", 400),
    "a chunk of another size": (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n" + GET, 400),
    "a chunk's line that ends in a line feed": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    "tiny chunks": (CHUNKED + b"1\r\na\r\n" * 50_000, 400),
    "trailers without an end": (CHUNKED + b"0\r\n" + b"X: a\r\n" * 20_000, 400),
    "a very long address": (get(b"/" + b"a" * 10_000), 414),
    "a very long address, and no end": (b"GET /" + b"a" * 10_000, 414),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
    "headers without an end": (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000, 431),
}

# What the application answers, as it is HTTP.
ANSWERED = {
    "two slashes": (get(b"//elsewhere/healthz"), 404),
    "up": (get(b"/page/../healthz"), 404),
    "up, escaped": (get(b"/page/%2e%2e/%2e%2e/etc/passwd"), 404),
    "an escaped NUL": (get(b"/healthz%00"), 404),
    "escapes that are no UTF-8": (get(b"/%ff%fe"), 404),
    "TRACE": (get(b"/", b"TRACE"), 405),
}


def test_each_is_answered_leaves_nothing_and_is_no_error_in_the_log(shared_service, picture):
    watch = Watch(shared_service, picture())
    for name, (data, status) in REFUSED.items():
        with Raw(shared_service) as raw:
            raw.send(data)
            answer = raw.answer()
            assert_envelope(answer, status)
            assert answer.headers["connection"] == "close", name
            # Nothing that was hidden behind it is taken for a request.
            assert raw.answer() is None, name
    for name, (data, status) in ANSWERED.items():
        with Raw(shared_service) as raw:
            raw.send(data)
            assert_envelope(raw.answer(), status)
            raw.send(GET)
            assert raw.answer().status == 200, name
    watch.assert_others_are_answered()
    watch.assert_nothing_is_left()
    text = shared_service.gateway.text()
    assert text.count("Booting worker") == 2
    assert '"level": "error"' not in text
    assert "Traceback" not in text


def test_a_proxy_s_form_of_the_address_and_http_1_0(shared_service):
    for data, closes in (
        (b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: a\r\n\r\n", False),
        (b"GET /healthz HTTP/1.0\r\n\r\n", True),
        (b"\r\n\r\n" + GET, False),
        (get(b"//healthz"), False),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", False),
    ):
        with Raw(shared_service) as raw:
            raw.send(data)
            answer = raw.answer()
            assert answer.status == (404 if data.startswith(b"OPTIONS") else 200)
            assert (answer.headers.get("connection") == "close") == closes


def test_requests_that_come_at_once_are_answered_in_their_order(shared_service, picture):
    with Raw(shared_service) as raw:
        raw.send((GET + multipart(picture()) + get(b"/nowhere")) * 10 + get(b"/", b"PATCH"))
        assert [raw.answer().status for _ in range(31)] == [200, 200, 404] * 10 + [405]


def test_a_trailer_is_no_header_and_a_body_in_chunks_the_connection_s_last(shared_service, picture):
    body = multipart(picture()).partition(b"\r\n\r\n")[2]
    data = CHUNKED + b"%x\r\n%s\r\n0\r\nX-Request-ID: of-a-trailer\r\n\r\n" % (len(body), body)
    for before in (b"", multipart(picture())):
        with Raw(shared_service) as raw:
            raw.send(before + data + GET)
            if before:
                assert raw.answer().status == 200
            answer = raw.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert answer.headers["x-request-id"] != "of-a-trailer"
            assert raw.answer() is None
    for before in (GET, multipart(picture())):
        with Raw(shared_service) as raw:
            # What is behind "\n" looks like a head, for its beginning came before the first answer.
            raw.send(before + CHUNKED[:-1])
            assert raw.answer().status == 200
            raw.send(b"\n0\r\nX-Request-ID: %s\r\n\r\n" % (b"e" * 32))
            answer = raw.answer()
            assert_envelope(answer, 400)
            assert answer.headers["x-request-id"] != "e" * 32
            assert raw.answer() is None


def test_a_bad_chunk_is_no_part_of_an_answer_that_is_on_its_way(shared_service):
    """An answer that its client is slow to take; uvicorn says what it has against the chunk at once."""
    with Raw(shared_service, segment=536) as raw:
        raw.send(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        raw.socket.recv(1)
        raw.send(b"no size\r\n")
        time.sleep(0.5)
        received = b"H"
        while piece := raw.socket.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n".lower() % len(body) in head.lower()
    assert b"Invalid HTTP request received" not in body


def test_an_upgrade_is_ignored_and_its_body_is_no_request(shared_service, picture):
    """Java's HttpClient asks for HTTP/2 with its first request, whatever that is."""
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    data = multipart(picture(40, 30), headers=upgrade)
    length = data.index(b"\r\n\r\n") + 4
    for size in (len(data), length, 7, 1):
        with Raw(shared_service) as raw:
            for _ in range(2):
                for at in range(0, length, size):
                    raw.send(data[at : min(at + size, length)] if size < len(data) else data)
                if size < len(data):
                    raw.send(data[length:])
                assert raw.answer().status == 200
    hidden = POST + b"%sContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % (upgrade.encode(), len(GET)) + GET
    for before, statuses in ((b"", [400]), (multipart(picture()), [200, 400])):
        with Raw(shared_service) as raw:
            raw.send(before + hidden)
            raw.socket.shutdown(1)
            assert [raw.answer().status for _ in statuses] == statuses
            assert raw.answer() is None


def test_whoever_expects_to_be_told_to_go_on(shared_service, picture):
    data = multipart(picture(), headers="Expect: 100-continue\r\n")
    head, _, body = data.partition(b"\r\n\r\n")
    with Raw(shared_service) as raw:
        raw.send(head + b"\r\n\r\n")
        assert raw.answer().status == 100
        raw.send(body)
        assert raw.answer().status == 200
    # ... and does not wait for it.
    with Raw(shared_service) as raw:
        raw.send(data * 2)
        statuses = [raw.answer().status for _ in range(2)]
        while statuses.count(200) < 2:
            statuses.append(raw.answer().status)
        assert set(statuses) <= {100, 200}


def test_whoever_wants_to_send_too_much_is_told_before(shared_service):
    for path, detail in (
        (b"/prediction", "The file is too large. Send at most 20,971,520 bytes."),
        (b"/predictions", "The request is too large. Send at most 67,108,864 bytes, or the pictures in several requests."),
    ):
        with Raw(shared_service) as raw:
            raw.send(b"POST %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n" % (path, FORM))
            answer = raw.answer()
            assert_envelope(answer, 413)
            assert answer.detail == detail
            assert raw.answer() is None


def test_a_body_where_none_belongs_is_nobody_s_request(shared_service):
    for method, head in product(
        (b"HEAD", b"OPTIONS", b"PUT"),
        (b"Content-Length: %d\r\n" % len(GET), b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9\r\nExpect: 100-continue\r\n"),
    ):
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GET), GET) if b"chunked" in head else GET
        with Raw(shared_service) as raw:
            raw.send(b"%s /nowhere HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (method, head, body))
            raw.socket.shutdown(1)
            # Never a second answer, and no 100 for a body that nobody reads.
            received = b""
            while piece := raw.socket.recv(65536):
                received += piece
        assert received.count(b"HTTP/1.1 ") == 1, received
        assert received.startswith((b"HTTP/1.1 404", b"HTTP/1.1 405"))


def test_a_length_that_is_wrong_and_a_client_that_is_done_sending(shared_service, picture):
    for data, statuses in (
        (POST + FORM + b"Content-Length: 4\r\n\r\nabcd\x00\x01\x02 and more", [400, 400]),
        (POST + FORM + b"Content-Length: 1000\r\n\r\nabcd", [400]),
        (multipart(picture()), [200]),
    ):
        with Raw(shared_service) as raw:
            raw.send(data)
            raw.socket.shutdown(1)
            assert [raw.answer().status for _ in statuses] == statuses
            assert raw.answer() is None
