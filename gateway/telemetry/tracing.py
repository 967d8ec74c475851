"""Traces, made by OpenTelemetry's own instrumentation. An extra: off unless OTEL_TRACES_EXPORTER names an exporter.

requirements/tracing.txt has what it takes. All variables of OpenTelemetry count, such as OTEL_EXPORTER_OTLP_ENDPOINT and
OTEL_TRACES_SAMPLER. The context comes from the client's `traceparent` and goes on to the model server in the call's metadata.
"""

import os
import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec

from flask import Flask
from opentelemetry import trace

VARIABLE, SAMPLER = "OTEL_TRACES_EXPORTER", "OTEL_TRACES_SAMPLER"
PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
REQUEST_ID_ATTRIBUTE = "ragam.request_id"
# Probes and scrapes come every few seconds and tell nothing of a picture.
# The library searches the whole address, query and all.
UNTRACED = r"^https?://[^/?]*/(healthz|readyz|metrics)(\?|$)"


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether an exporter is named."""
    return bool(_exporters(environ))


def complaints(environ: Mapping[str, str]) -> list[str]:
    """Where an exporter is named, a sentence for each variable that the library would pass over, or end a worker for."""
    named = _exporters(environ)
    if not named:
        return []
    if find_spec("opentelemetry.distro") is None:
        return [f"{VARIABLE} is set, and OpenTelemetry's SDK is not installed: requirements/tracing.txt has it."]
    exporters, samplers = (entry_points(group=f"opentelemetry_traces_{kind}").names for kind in ("exporter", "sampler"))
    protocols = [protocol for protocol, exporter in PROTOCOLS.items() if exporter in exporters]
    by_share = environ.get(SAMPLER, "").strip().endswith("traceidratio")
    forms = {
        SAMPLER: ("|".join(samplers), ", ".join(sorted(samplers))),
        f"{SAMPLER}_ARG": (r"0|1(\.0+)?|0?\.\d+" if by_share else ".*", "a number from 0 to 1"),
    }
    for which in ("", "TRACES_"):
        forms[f"OTEL_EXPORTER_OTLP_{which}ENDPOINT"] = (r"https?://[^\s/?#]+(/\S*)?", "an address such as http://127.0.0.1:4318")
        forms[f"OTEL_EXPORTER_OTLP_{which}PROTOCOL"] = ("|".join(protocols), ", ".join(protocols))
    # "otlp" is the exporter of the protocol.
    wrong = [] if set(named) <= {"otlp", *exporters} else [f"{VARIABLE} must be otlp, console or none."]
    for name, (form, what) in forms.items():
        text = environ.get(name, "").strip()
        if text and not re.fullmatch(form, text):
            # Without what it is: in an address a password may stand.
            wrong.append(f"{name} must be {what}.")
    return wrong


def _exporters(environ: Mapping[str, str]) -> list[str]:
    return [name.strip() for name in environ.get(VARIABLE, "").split(",") if name.strip() not in ("", "none")]


def trace_requests(app: Flask) -> None:
    """A span for each request of `app`, the parent of all that is done for it. Before every other hook, so that refusals have one."""
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    FlaskInstrumentor().instrument_app(app, excluded_urls=UNTRACED, response_hook=_name_request)


def start() -> None:
    """Makes and sends spans from here on. For each worker, after gunicorn's fork: the sender's thread does not survive it."""
    from opentelemetry.distro import OpenTelemetryConfigurator
    from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient

    # An empty value is the default, as of all settings.
    for name in [name for name, value in os.environ.items() if name.startswith("OTEL_") and not value.strip()]:
        del os.environ[name]
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
