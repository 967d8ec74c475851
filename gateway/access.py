"""What is noted of each request: its id, a log line, its share of the metrics."""

import logging
import re
import uuid
from time import perf_counter

from flask import Flask, Response, g, request

from gateway.metrics import IN_FLIGHT, REQUEST_SECONDS, REQUESTS, STAGE_SECONDS
from gateway.proxies import client_address
from gateway.refusals import COMPLETE, QUEUED
from gateway.tracing import trace_id

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
        sent = request.headers.get(REQUEST_ID_HEADER, "")
        g.request_id = sent if _SANE_REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        now = perf_counter()
        # A caller waits from the end of its request on, whether a thread is free for it or not.
        g.start = request.environ.get(COMPLETE, now)
        g.fields = {}
        if QUEUED in request.environ:
            STAGE_SECONDS.labels("queue").observe(now - g.start)
            g.fields["queue_ms"] = round((now - g.start) * 1000, 2)
        IN_FLIGHT.inc()

    @app.after_request
    def finish(response: Response) -> Response:
        seconds = perf_counter() - g.start
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(route, method, response.status_code).inc()
        REQUEST_SECONDS.labels(route).observe(seconds)
        response.headers[REQUEST_ID_HEADER] = g.request_id
        fields = {
            "request_id": g.request_id,
            "client": client_address(request),
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            **g.fields,
            **({"trace_id": trace} if (trace := trace_id()) else {}),
            "total_ms": round(seconds * 1000, 2),
        }
        logger.info("request", extra={"fields": fields})
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        IN_FLIGHT.dec()


def begin_counts(app: Flask) -> None:
    """The failures of every route that takes pictures, at 0: of a series that begins with its first failure Prometheus sees no increase."""
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            for status in _FAILURES:
                REQUESTS.labels(rule.rule, "POST", status)
