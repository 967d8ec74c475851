from io import BytesIO

import pytest

from gateway.front.wsgi import call, environ_of


def scope(**changes):
    return {
        "method": "POST",
        "raw_path": b"/prediction",
        "query_string": b"details=true",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 5000),
        "client": ("192.0.2.1", 4000),
        "headers": [],
        **changes,
    }


def test_a_request():
    environ = environ_of(
        scope(headers=[(b"host", b"a.example"), (b"content-type", b"text/plain"), (b"content-length", b"3"), (b"x-a", b"\xe9")])
    )
    assert {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/prediction",
        "QUERY_STRING": "details=true",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "5000",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "a.example",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_X_A": "é",
    }.items() <= environ.items()
    assert "HTTP_CONTENT_TYPE" not in environ
    assert environ["wsgi.input"].read() == b""


def test_a_name_with_an_underscore_is_dropped():
    """It would pass for the one with a dash, which a proxy in front may have set."""
    environ = environ_of(scope(headers=[(b"x_forwarded_for", b"192.0.2.9"), (b"content_length", b"9"), (b"x-forwarded-for", b"192.0.2.2")]))
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.2"
    assert "CONTENT_LENGTH" not in environ


def test_headers_that_are_repeated_are_one():
    assert (
        environ_of(scope(headers=[(b"x-forwarded-for", b"a"), (b"accept", b"*/*"), (b"x-forwarded-for", b"b")]))["HTTP_X_FORWARDED_FOR"]
        == "a,b"
    )


def test_the_path():
    for raw, path in (
        (b"/a%20b", "/a b"),
        # PEP 3333: bytes, each as a character.
        (b"/%C3%A9", "/\xc3\xa9"),
        (b"/%2e%2e/etc", "/../etc"),
        (b"/a%2Fb", "/a/b"),
        (b"/%zz", "/%zz"),
        # As a proxy is asked.
        (b"http://a.example/prediction", "/prediction"),
        (b"http://a.example", ""),
        (b"*", "*"),
        (b"//a.example/b", "//a.example/b"),
    ):
        assert environ_of(scope(raw_path=raw))["PATH_INFO"] == path


def test_a_unix_socket_has_no_addresses():
    environ = environ_of(scope(server=None, client=None))
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["REMOTE_ADDR"]) == ("localhost", "0", "")


class Pieces:
    """A WSGI application's answer, which must be closed."""

    def __init__(self, *pieces):
        self._pieces, self.is_closed = pieces, False

    def __iter__(self):
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def close(self):
        self.is_closed = True


def application(pieces):
    def app(environ, start_response):
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("X-Name", "é")])
        return pieces

    return app


def test_an_answer_is_taken_whole_and_closed():
    pieces = Pieces(b"a", b"bc")
    answer = call(application(pieces), {"wsgi.input": BytesIO()})
    assert answer == (404, [(b"content-type", b"text/plain"), (b"x-name", b"\xe9")], b"abc")
    assert pieces.is_closed


def test_an_answer_that_fails_is_closed():
    pieces = Pieces(b"a", KeyError("b"))
    with pytest.raises(KeyError):
        call(application(pieces), {})
    assert pieces.is_closed


def test_a_list_needs_no_close():
    assert call(application([b"a"]), {})[2] == b"a"
