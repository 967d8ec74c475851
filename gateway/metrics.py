"""The gateway's Prometheus metrics. With several workers each keeps its own in PROMETHEUS_MULTIPROC_DIR (see gunicorn.conf.py)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("ragam_requests", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("ragam_request_seconds", "From the request's first byte to its answer.", ["route"], buckets=_SECONDS)
STAGE_SECONDS = Histogram("ragam_stage_seconds", "Time in one stage of a prediction.", ["stage"], buckets=_SECONDS)
IN_FLIGHT = Gauge("ragam_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum")
PREDICTIONS = Counter("ragam_predictions", "Pictures answered with a genre.", ["genre", "version"])
UPLOAD_BYTES = Counter("ragam_upload_bytes", "Bytes of the pictures received.")
LABEL_SECONDS = Histogram("ragam_label_seconds", "An answered call to the model, by version label.", ["label"], buckets=_SECONDS)
LABEL_FAILURES = Counter("ragam_label_failures", "Calls to the model without an answer, by version label.", ["label"])
CANARY_COMPARISONS = Counter("ragam_canary_comparisons", "Copies of pictures that were sent to the canary and compared.", ["result"])


@contextmanager
def stage(name: str, milliseconds: dict[str, Any]) -> Iterator[None]:
    """Observes the time of its body, and adds it to `<name>_ms` in `milliseconds`, also when the body raises."""
    start = perf_counter()
    try:
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
