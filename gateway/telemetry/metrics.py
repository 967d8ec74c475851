"""The gateway's Prometheus metrics. With several workers each keeps its own in PROMETHEUS_MULTIPROC_DIR (see gunicorn.conf.py).

Every value of every label comes from a closed list: a route, a stage, a gRPC code, or what the model says of itself. Nothing that a
client sends becomes one, or each new word would be a series that stays.
"""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from time import perf_counter
from typing import Any

from opentelemetry import trace
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gateway import __version__
from gateway.contract import TYPICAL_FROM
from gateway.picture.statistics import bin_of

# 0.5 is the objective of monitoring/rules: how many requests took longer can be read off, not only guessed between two bounds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STAGE_SECONDS = (0.001, 0.0025, *_SECONDS)
_BYTES = (1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7)
_PIXELS = (1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)

REQUESTS = Counter("ragam_requests", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("ragam_request_seconds", "From the request's last byte to its answer.", ["route"], buckets=_SECONDS)
STAGE_SECONDS = Histogram("ragam_stage_seconds", "Time in one stage of a prediction.", ["stage"], buckets=_STAGE_SECONDS)
IN_FLIGHT = Gauge(
    "ragam_requests_in_flight", "Requests with pictures, being answered or waiting for a thread.", multiprocess_mode="livesum"
)
EXPECTED_WAIT = Gauge(
    "ragam_expected_wait_seconds", "How long one more request with pictures would have to wait for a thread.", multiprocess_mode="livemax"
)
SHED = Counter("ragam_shed_requests", "Requests answered 503 because there were more than the settings allow.")
RATE_LIMITED = Counter("ragam_rate_limited_requests", "Requests answered with 429, by whose limit it was: key or address.", ["by"])

UPLOAD_BYTES = Histogram("ragam_upload_bytes", "Size of the pictures received.", buckets=_BYTES)
UPLOAD_PIXELS = Histogram("ragam_upload_pixels", "Pixels of the pictures whose header could be read.", buckets=_PIXELS)

PREDICTIONS = Counter("ragam_predictions", "Pictures answered with a genre.", ["genre", "version"])
CONFIDENCE = Histogram("ragam_confidence", "Confidence in the genre that was answered.", ["version"], buckets=_SHARES)
# Of the paintings of the training one in twenty lies below TYPICAL_FROM, one in ten below 0.1, and so on: no reference is needed.
TYPICALITY = Histogram(
    "ragam_typicality",
    "The share of the training's held-out paintings that are less like those learned from than the picture is.",
    ["version"],
    buckets=(TYPICAL_FROM, *_SHARES),
)
BINS = Counter(
    "ragam_answer_bins", "Answers by the bin of a statistic of the picture, or of the confidence.", ["statistic", "bin", "version"]
)

SERVING_CALLS = Counter("ragam_serving_calls", "Calls to the model server by the gRPC code of their end.", ["method", "code"])
LABEL_ANSWERS = Counter(
    "ragam_label_answers", "Pictures that the model answered, by the label asked and who answered.", ["label", "version"]
)
LABEL_FAILURES = Counter("ragam_label_failures", "Pictures that the model was asked for and did not answer, by version label.", ["label"])
# A call for many pictures takes another time, and a canary gets its share of them: only calls for one compare.
LABEL_SECONDS = Histogram("ragam_label_seconds", "An answered call to the model for one picture.", ["label", "version"], buckets=_SECONDS)
RETRIES = Counter("ragam_serving_retries", "Failed calls to the model server: made once more, or refused for want of budget.", ["outcome"])
READY = Gauge("ragam_ready", "1 where the last check found a model that answers and fits, else 0.", multiprocess_mode="livemostrecent")
MODEL_VERSION = Gauge(
    "ragam_model_version", "1 for the version that answered last, 0 for those before it.", ["version"], multiprocess_mode="livemostrecent"
)

WORKERS = Gauge("ragam_workers", "Worker processes that live.", multiprocess_mode="livesum")
WORKER_THREADS = Gauge("ragam_worker_threads", "Threads of all live workers: requests that can be worked on.", multiprocess_mode="livesum")
WORKER_EXITS = Counter("ragam_worker_exits", "Worker processes that ended.")
INFO = Gauge("ragam_info", "1, with what runs here.", ["version", "python"], multiprocess_mode="max")
SETTINGS = Gauge("ragam_settings", "The settings that are numbers.", ["setting"], multiprocess_mode="max")

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


def note_answer(genre: str, version: int, confidence: float) -> None:
    """A picture was answered with `genre`, `confidence` in [0, 1]."""
    PREDICTIONS.labels(genre, version).inc()
    CONFIDENCE.labels(version).observe(confidence)


def note_typicality(version: int, typicality: float) -> None:
    """`version` has told the typicality, in [0, 1], of a picture."""
    TYPICALITY.labels(version).observe(typicality)


def note_label(label: str, version: int, pictures: int, seconds: float) -> None:
    """A call by `label`, empty for none, for so many pictures was answered by `version` after `seconds`."""
    LABEL_ANSWERS.labels(label or "none", version).inc(pictures)
    if pictures == 1:
        LABEL_SECONDS.labels(label or "none", version).observe(seconds)


def note_label_failed(label: str, pictures: int) -> None:
    """A call by `label`, empty for none, for so many pictures was not answered. Which version failed only a model server knows."""
    LABEL_FAILURES.labels(label or "none").inc(pictures)


def note_statistics(version: int, values: Mapping[str, float]) -> None:
    """The values of statistics.py's statistics for a picture that `version` was asked for."""
    for statistic, value in values.items():
        BINS.labels(statistic, bin_of(statistic, value), version).inc()


class LatestVersion:
    """Which version this process heard of last. A series cannot be taken back from several processes: the version before becomes 0."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: int | None = None

    def note(self, version: int) -> None:
        """The model server has answered as `version`."""
        if version == self._last:
            return
        with self._lock:
            if self._last is not None:
                MODEL_VERSION.labels(self._last).set(0)
            MODEL_VERSION.labels(version).set(1)
            self._last = version


latest_version = LatestVersion()


def note_worker(threads: int) -> None:
    """This process is a worker with so many threads."""
    WORKERS.set(1)
    WORKER_THREADS.set(threads)


def note_build_and_settings(settings: Mapping[str, Any]) -> None:
    """Of `settings` only the numbers are shown: no key, no address and no path is one."""
    INFO.labels(__version__, platform.python_version()).set(1)
    for name, value in settings.items():
        if isinstance(value, int | float):
            SETTINGS.labels(name).set(value)


def exposition() -> tuple[bytes, str]:
    """All workers' metrics in Prometheus' text format, and its content type."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
