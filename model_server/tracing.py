"""A span for each call, as OpenTelemetry's own instrumentation makes it, within the trace that the caller's metadata name.

An extra (requirements/tracing.txt), off unless OTEL_TRACES_EXPORTER names an exporter. TensorFlow Serving has no such thing: with
it a trace ends with the gateway's call.
"""

import os

from model_server.settings import SettingsError

VARIABLE = "OTEL_TRACES_EXPORTER"


def trace_calls() -> None:
    """For before the server is made. Raises SettingsError where the extra is not installed, or knows no such exporter."""
    if os.environ.get(VARIABLE, "none") in ("", "none"):
        return
    try:
        from opentelemetry.distro import OpenTelemetryConfigurator
        from opentelemetry.instrumentation.grpc import GrpcInstrumentorServer
    except ImportError:
        raise SettingsError(f"{VARIABLE} is set, and OpenTelemetry is not installed: requirements/tracing.txt has it.") from None
    # The exporter over gRPC would be a second one to install.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    os.environ.setdefault("OTEL_SERVICE_NAME", "ragam-model-server")
    try:
        OpenTelemetryConfigurator().configure()
    except RuntimeError as error:
        raise SettingsError(f"{VARIABLE} {os.environ[VARIABLE]!r} cannot be used: {error}") from error
    GrpcInstrumentorServer().instrument()
