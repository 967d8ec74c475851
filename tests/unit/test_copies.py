"""A copy of an answer is what the application would have said, and noted."""

import logging

import pytest
from gunicorn.config import Config

from gateway import tracing
from gateway.app import create_app
from gateway.door.copies import Copies
from gateway.door.parsing import parse
from gateway.errors import Overloaded
from gateway.refusals import REFUSAL
from gateway.settings import Settings

CLIENT = ("192.0.2.1", 1)


def asked(method="POST", path="/prediction", version="1.1", **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return parse(f"{method} {path} HTTP/{version}\r\nHost: a\r\n{lines}\r\n".encode(), Config(), CLIENT)


def ask(application, method="POST", path="/prediction", **headers):
    """The application's answer to a request that is too many, as `application`, which is WSGI, gives it."""
    told = {}
    environ = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": CLIENT[0], "SERVER_NAME": "a", "SERVER_PORT": "80"}
    environ |= {"wsgi.url_scheme": "http", REFUSAL: Overloaded()}
    body = b"".join(application(environ, lambda status, headers, *_: told.update(status=status, headers=headers)))
    return told["status"], dict(told["headers"]), body


def read(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


@pytest.fixture
def copies(client):
    """With a first answer."""
    copies = Copies(client.application)
    ask(copies.original)
    return copies


def test_the_first_is_the_application_s_and_the_next_a_copy(client):
    copies = Copies(client.application)
    request = asked(X_Request_ID="of-alice")
    assert not copies.has(request)
    assert ask(copies.original, x_request_id="of-alice") == ask(client.application, x_request_id="of-alice")
    assert copies.has(request)
    status, headers, body = ask(client.application, x_request_id="of-alice")
    first, lines, copied = read(copies.answer(request, CLIENT, True, 0))
    assert (first, copied) == (f"HTTP/1.1 {status}", body)
    assert {name: lines.pop(name) for name in ("Connection", "Server")} == {"Connection": "keep-alive", "Server": "gunicorn"}
    assert lines.pop("Date").endswith("GMT")
    assert lines == headers
    assert (lines["X-Request-ID"], lines["Retry-After"]) == ("of-alice", "1")


def test_each_copy_has_an_id_of_its_own(copies):
    ids = {read(copies.answer(asked(), CLIENT, True, 0))[1]["X-Request-ID"] for _ in range(10)}
    assert len(ids) == 10
    assert {len(one) for one in ids} == {32}
    assert len(read(copies.answer(asked(X_Request_ID="a b"), CLIENT, True, 0))[1]["X-Request-ID"]) == 32


def test_a_connection_that_ends_is_told_so(copies):
    assert read(copies.answer(asked(), CLIENT, False, 0))[1]["Connection"] == "close"


@pytest.mark.parametrize(
    "request_",
    [asked("GET"), asked("MADEUP"), asked(version="1.0"), asked(path="/nowhere"), asked(path="/predictions")],
    ids=["GET", "made up", "HTTP/1.0", "no route", "another route"],
)
def test_others_are_answered_by_the_application(copies, request_):
    assert not copies.has(request_)


def test_what_a_client_invents_is_not_kept(copies):
    ask(copies.original, path="/nowhere")
    assert not copies.has(asked(path="/nowhere"))


def test_a_page_of_another_origin_is_answered_by_the_application(classifier):
    copies = Copies(create_app(Settings(cors_origins="https://museum.example"), classifier))
    ask(copies.original, origin="https://museum.example")
    assert not copies.has(asked())
    ask(copies.original)
    assert copies.has(asked())
    assert not copies.has(asked(Origin="https://museum.example"))


def test_where_there_are_traces_each_request_has_one(client, monkeypatch):
    monkeypatch.setattr(tracing, "wanted", lambda: True)
    copies = Copies(client.application)
    ask(copies.original)
    assert not copies.has(asked())


def test_a_copy_is_noted_as_the_application_notes_it(client, copies, caplog):
    def counts():
        lines = client.get("/metrics").text.splitlines()
        names = (
            "ragam_shed_requests_total",
            'ragam_requests_total{method="POST",route="/prediction",status="503"}',
            'ragam_request_seconds_count{route="/prediction"}',
        )
        return [float(line.rpartition(" ")[2]) for line in lines if line.startswith(names)]

    before = counts()
    assert len(before) == 3
    with caplog.at_level(logging.INFO):
        ask(client.application, x_request_id="of-alice")
        between = counts()
        copies.answer(asked(X_Request_ID="of-alice"), CLIENT, True, 0)
    assert [after - early for early, after in zip(before, between, strict=True)] == [1, 1, 1]
    assert [after - early for early, after in zip(between, counts(), strict=True)] == [1, 1, 1]
    lines = [record.fields for record in caplog.records if record.fields["path"] == "/prediction"]
    first, second = ({name: value for name, value in line.items() if name != "total_ms"} for line in lines)
    assert list(lines[0]) == list(lines[1])
    assert first == second
    assert first["client"] == CLIENT[0]


def test_behind_a_proxy_the_log_has_the_client_s_own_address(classifier, caplog):
    copies = Copies(create_app(Settings(trusted_proxies=1), classifier))
    with caplog.at_level(logging.INFO):
        ask(copies.original, x_forwarded_for="203.0.113.9, 203.0.113.7")
        copies.answer(asked(X_Forwarded_For="203.0.113.9, 203.0.113.7"), CLIENT, True, 0)
        copies.answer(asked(), CLIENT, True, 0)
    assert [record.fields["client"] for record in caplog.records] == ["203.0.113.7", "203.0.113.7", CLIENT[0]]
