"""The gateway's application with a stopwatch of processor time around each stage: what gateway_profile.py has gunicorn run.

A stage's time is its thread's own, less that of the stages within it. `GET /profile` tells the sums of this process in seconds, and what
it has used altogether: the difference is the worker's event loop, which reads requests and sends answers, and gRPC's threads.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from threading import local
from time import process_time, thread_time
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from gateway import asgi
from gateway.api import prediction as views
from gateway.front import front
from gateway.serving import client as serving
from gateway.telemetry.logs import JsonFormatter

PATH = "/profile"

spent: defaultdict[str, float] = defaultdict(float)
_thread = local()


def watch(owner: Any, name: str, stage: str) -> None:
    """From here on the calls of `owner.name` count as `stage`."""
    called: Callable[..., Any] = getattr(owner, name)

    @wraps(called)
    def watched(*args: Any, **kwargs: Any) -> Any:
        outer = getattr(_thread, "inner", None)
        start, _thread.inner = thread_time(), 0.0
        try:
            return called(*args, **kwargs)
        finally:
            seconds = thread_time() - start
            # Threads may lose an addition to each other, which is one in many thousands.
            spent[stage] += seconds - _thread.inner
            _thread.inner = None if outer is None else outer + seconds

    setattr(owner, name, watched)


watch(front, "call", "bridge")
watch(asgi.wsgi, "wsgi_app", "Flask")
watch(views, "read_picture", "body and multipart")
watch(views, "open_picture", "header")
watch(views, "to_pixels", "decode and resize")
watch(views, "to_tensor", "tensor")
watch(views, "picture_statistics", "statistics")
watch(serving.TensorFlowServing, "classify", "message and answer")
watch(serving.TensorFlowServing, "_call", "gRPC: the caller's thread")
watch(logging.Logger, "handle", "log")
watch(JsonFormatter, "format", "log")
for metric, method in ((MetricWrapperBase, "labels"), (Counter, "inc"), (Gauge, "inc"), (Gauge, "dec"), (Histogram, "observe")):
    watch(metric, method, "metrics")


app = asgi.app
_answer: Callable[..., Iterable[bytes]] = asgi.wsgi.wsgi_app


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != PATH:
        return _answer(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({**spent, "all": process_time()}).encode()]


asgi.wsgi.wsgi_app = wsgi_app  # type: ignore[method-assign]
