"""Answers for requests that are too many, hundreds a second: the application makes a worker's first for each route, the rest are copies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from flask import Flask
from gunicorn.http.wsgi import SERVER
from gunicorn.util import http_date

from gateway import tracing
from gateway.access import REQUEST_ID_HEADER, name_request, note_shed
from gateway.proxies import address_behind


@dataclass(frozen=True)
class Copy:
    """Status and headers of the application's answer, without what differs from one to the next, and its body."""

    status: str
    headers: str
    body: bytes
    varies: bool


class Copies:
    """Used by one thread, the loop's, which alone answers requests that are too many."""

    def __init__(self, application: Flask) -> None:
        self._application = application
        self._proxies = application.extensions["settings"].trusted_proxies
        rules = application.url_map.iter_rules()
        # A trace has a span for each request, and the application makes it.
        self._routes = frozenset() if tracing.wanted() else frozenset(rule.rule for rule in rules if "POST" in (rule.methods or ()))
        self._copies: dict[str, Copy] = {}

    def original(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The application's own answer to a request that is too many, of which a copy is kept where others would get the same."""
        told: list[Any] = []

        def keep(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            told[:] = status, headers
            return start_response(status, headers, *error)

        answer = self._application(environ, keep)
        body = b"".join(answer)
        # A list, as HEAD has it, has none.
        getattr(answer, "close", bool)()
        route = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "POST" and route in self._routes and "HTTP_ORIGIN" not in environ:
            status, headers = told
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers if name != REQUEST_ID_HEADER)
            self._copies[route] = Copy(status, lines, body, any(name == "Vary" for name, _ in headers))
        return [body]

    def has(self, request: Any) -> bool:
        """Whether there is one for `request`, which is gunicorn's."""
        copy = self._copies.get(request.path)
        if copy is None or request.method != "POST" or request.version != (1, 1):
            return False
        return not (copy.varies and _header(request, "ORIGIN"))

    def answer(self, request: Any, client: Any, keeps: bool, since: float) -> bytes:
        """One for a `request` that has() said yes to, of `client`, whose last byte came at `since`; noted as all answers are."""
        copy = self._copies[request.path]
        request_id = name_request(_header(request, REQUEST_ID_HEADER.upper()))
        lines = (
            f"HTTP/1.1 {copy.status}\r\nServer: {SERVER}\r\nDate: {http_date()}\r\nConnection: {'keep-alive' if keeps else 'close'}\r\n"
            f"{copy.headers}{REQUEST_ID_HEADER}: {request_id}\r\n\r\n"
        )
        address = address_behind(self._proxies, client[0], _header(request, "X-FORWARDED-FOR"))
        note_shed(request_id, address, request.path, perf_counter() - since)
        return lines.encode("latin-1") + copy.body


def _header(request: Any, name: str) -> str:
    """As WSGI has it: what is told more than once, by commas."""
    return ",".join(value for key, value in request.headers if key == name)
