"""What is noted of each request: its id, a log line, its share of the metrics."""

import logging
import re
import uuid
from http import HTTPStatus
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, request

from gateway.environ import COMPLETE, QUEUED
from gateway.telemetry.metrics import REQUEST_SECONDS, REQUESTS, SHED, STAGE_SECONDS
from gateway.telemetry.tracing import trace_id

REQUEST_ID_HEADER = "X-Request-ID"
# A method is the caller's to invent, and every new one would be a series of its own.
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_FAILURES = (500, 502, 503, 504)

logger = logging.getLogger("ragam.access")


def note_requests(app: Flask) -> None:
    """Makes `app` name, log and count each request. Its id is the client's X-Request-ID where that is sane."""

    @app.before_request
    def start() -> None:
        g.request_id = name_request(request.headers.get(REQUEST_ID_HEADER, ""))
        now = perf_counter()
        # A caller waits from the end of its request on, whether a thread is free for it or not.
        g.start = request.environ.get(COMPLETE, now)
        g.fields = {}
        if QUEUED in request.environ:
            STAGE_SECONDS.labels("queue").observe(now - g.start)
            g.fields["queue_ms"] = round((now - g.start) * 1000, 2)

    @app.after_request
    def finish(response: Response) -> Response:
        seconds = perf_counter() - g.start
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        _count(route, method, response.status_code, seconds)
        response.headers[REQUEST_ID_HEADER] = g.request_id
        trace = trace_id()
        more = {**g.fields, **({"trace_id": trace} if trace else {})}
        whose = (g.request_id, request.remote_addr or "")
        _log(*whose, method=request.method, path=request.path, status=response.status_code, seconds=seconds, **more)
        return response


def name_request(sent: str) -> str:
    """The id of a request with this X-Request-ID."""
    return sent if _SANE_REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def note_shed(request_id: str, client: str, route: str, seconds: float) -> None:
    """What is noted of a POST to `route` that the application did not see, for it was one too many: all that it would have noted."""
    status = HTTPStatus.SERVICE_UNAVAILABLE.value
    SHED.inc()
    _count(route, "POST", status, seconds)
    _log(request_id, client, method="POST", path=route, status=status, seconds=seconds)


def _count(route: str, method: str, status: int, seconds: float) -> None:
    REQUESTS.labels(route, method, status).inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def _log(request_id: str, client: str, *, method: str, path: str, status: int, seconds: float, **more: Any) -> None:
    fields = {
        "request_id": request_id,
        "client": client,
        "method": method,
        "path": path,
        "status": status,
        **more,
        "total_ms": round(seconds * 1000, 2),
    }
    logger.info("request", extra={"fields": fields})


def begin_counts(app: Flask) -> None:
    """The failures of every route that takes pictures, at 0: of a series that begins with its first failure Prometheus sees no increase."""
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            for status in _FAILURES:
                REQUESTS.labels(rule.rule, "POST", status)
