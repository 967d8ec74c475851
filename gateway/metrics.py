"""The gateway's Prometheus metrics. With several workers each keeps its own in PROMETHEUS_MULTIPROC_DIR (see gunicorn.conf.py)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from opentelemetry import trace
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.metrics_files import reserve_before_writing

reserve_before_writing()

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("ragam_requests", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("ragam_request_seconds", "From the request's last byte to its answer.", ["route"], buckets=_SECONDS)
STAGE_SECONDS = Histogram("ragam_stage_seconds", "Time in one stage of a prediction.", ["stage"], buckets=_SECONDS)
IN_FLIGHT = Gauge("ragam_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum")
SHED = Counter("ragam_shed_requests", "Requests answered 503 because there were more than the settings allow.")
PREDICTIONS = Counter("ragam_predictions", "Pictures answered with a genre.", ["genre", "version"])
UPLOAD_BYTES = Counter("ragam_upload_bytes", "Bytes of the pictures received.")
LABEL_SECONDS = Histogram("ragam_label_seconds", "An answered call to the model, by version label.", ["label"], buckets=_SECONDS)
LABEL_FAILURES = Counter("ragam_label_failures", "Calls to the model without an answer, by version label.", ["label"])
CANARY_COMPARISONS = Counter("ragam_canary_comparisons", "Copies of pictures that were sent to the canary and compared.", ["result"])
RATE_LIMITED = Counter("ragam_rate_limited_requests", "Requests answered with 429, by whose limit it was: key or address.", ["by"])
CACHE_LOOKUPS = Counter("ragam_cache_lookups", "Pictures looked for among the answers that are kept.", ["result"])
RETRIES = Counter("ragam_serving_retries", "Failed calls to the model server: made once more, or refused for want of budget.", ["outcome"])

# Without the SDK of tracing.py its spans are none.
_tracer = trace.get_tracer("ragam")


@contextmanager
def stage(name: str, milliseconds: dict[str, Any]) -> Iterator[None]:
    """Observes the time of its body, and adds it to `<name>_ms` in `milliseconds`, also when the body raises. A span of that name."""
    start = perf_counter()
    try:
        with _tracer.start_as_current_span(name):
            yield
    finally:
        seconds = perf_counter() - start
        STAGE_SECONDS.labels(name).observe(seconds)
        milliseconds[f"{name}_ms"] = round(milliseconds.get(f"{name}_ms", 0) + seconds * 1000, 2)


def exposition() -> tuple[bytes, str]:
    """All workers' metrics in Prometheus' text format, and its content type."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
