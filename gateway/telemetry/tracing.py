"""Traces, made by OpenTelemetry's own instrumentation. An extra: off unless OTEL_TRACES_EXPORTER names an exporter.

requirements/tracing.txt has what it takes. All variables of OpenTelemetry count, such as OTEL_EXPORTER_OTLP_ENDPOINT and
OTEL_TRACES_SAMPLER. The context comes from the client's `traceparent` and goes on to the model server in the call's metadata.
"""

import os
from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec

from flask import Flask
from opentelemetry import trace

VARIABLE = "OTEL_TRACES_EXPORTER"
REQUEST_ID_ATTRIBUTE = "ragam.request_id"
# Probes and scrapes come every few seconds and tell nothing of a picture.
# The library searches the whole address, query and all.
UNTRACED = r"^https?://[^/?]*/(healthz|readyz|metrics)(\?|$)"


class TracesUnavailable(Exception):
    """Why no traces can be made, in one sentence for whoever started the gateway."""


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether an exporter is named. Raises TracesUnavailable where there is none of that name."""
    named = [name.strip() for name in environ.get(VARIABLE, "").split(",") if name.strip() not in ("", "none")]
    if named and find_spec("opentelemetry.distro") is None:
        raise TracesUnavailable(f"{VARIABLE} is set, and OpenTelemetry's SDK is not installed: requirements/tracing.txt has it.")
    # Two names stand for one exporter each by protocol.
    known = {"otlp", *entry_points(group="opentelemetry_traces_exporter").names}
    for name in named:
        if name not in known:
            raise TracesUnavailable(f"{VARIABLE} must be otlp, console or none, not {name!r}.")
    return bool(named)


def trace_requests(app: Flask) -> None:
    """A span for each request of `app`, the parent of all that is done for it. Before every other hook, so that refusals have one."""
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    FlaskInstrumentor().instrument_app(app, excluded_urls=UNTRACED, response_hook=_name_request)


def start() -> None:
    """Makes and sends spans from here on. For each worker, after gunicorn's fork: the sender's thread does not survive it."""
    from opentelemetry.distro import OpenTelemetryConfigurator
    from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient

    # The exporter over gRPC would be a second one to install.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    os.environ.setdefault("OTEL_SERVICE_NAME", "ragam-gateway")
    OpenTelemetryConfigurator().configure()
    GrpcInstrumentorClient().instrument()


def stop() -> None:
    """Sends what is held. uvicorn ends a worker by the signal that stopped it, without Python's own handlers of an exit."""
    getattr(trace.get_tracer_provider(), "shutdown", bool)()


def trace_id() -> str | None:
    """The current trace's id, 32 hexadecimal digits, or None outside of a trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def _name_request(span: trace.Span, _status: str, headers: list[tuple[str, str]]) -> None:
    for name, value in headers:
        if name == "X-Request-ID":
            span.set_attribute(REQUEST_ID_ATTRIBUTE, value)
