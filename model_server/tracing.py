"""A span for each call, as OpenTelemetry's own instrumentation makes it, within the trace that the caller's metadata name.

An extra (requirements/tracing.txt), off unless OTEL_TRACES_EXPORTER names an exporter. TensorFlow Serving has no such thing: with
it a trace ends with the gateway's call.
"""

import os

from model_server.settings import SettingsError

VARIABLE = "OTEL_TRACES_EXPORTER"


def trace_calls() -> None:
    """For before the server is made. Raises SettingsError where the extra is not installed, or refuses a variable."""
    if os.environ.get(VARIABLE, "none") in ("", "none"):
        return
    try:
        from opentelemetry.distro import OpenTelemetryConfigurator
        from opentelemetry.instrumentation.grpc import GrpcInstrumentorServer
    except ImportError:
        raise SettingsError(f"{VARIABLE} is set, and OpenTelemetry is not installed: requirements/tracing.txt has it.") from None
    # An empty value is the default, as of all settings.
    for name in [name for name, value in os.environ.items() if name.startswith("OTEL_") and not value.strip()]:
        del os.environ[name]
    # The exporter over gRPC would be a second one to install.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    os.environ.setdefault("OTEL_SERVICE_NAME", "ragam-model-server")
    try:
        OpenTelemetryConfigurator().configure()
    except Exception:  # noqa: BLE001 - of the library, whose words have values in them
        raise SettingsError(f"{VARIABLE} or another variable OTEL_... cannot be used by OpenTelemetry.") from None
    GrpcInstrumentorServer().instrument()
