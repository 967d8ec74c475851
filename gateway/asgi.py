"""What gunicorn serves: the only place that joins the front, the application and TensorFlow Serving."""

import logging
from dataclasses import asdict

from uvicorn_worker import UvicornWorker

from gateway.app import create_app
from gateway.capacity import THREADS
from gateway.contract import CANARY_LABEL
from gateway.front.connection import Connection
from gateway.front.front import Front
from gateway.prediction import Classifier
from gateway.serving.canary import DEADLINE_SHARE, Canary
from gateway.serving.client import TensorFlowServing
from gateway.settings import Settings
from gateway.telemetry import metrics


def model(settings: Settings) -> Classifier:
    """What answers pictures: the version that `settings` name, with a share also a canary."""
    identity = settings.identity()
    stable = TensorFlowServing(settings.serving, settings.predict_seconds, identity, settings.serving_label)
    if not settings.canary_share:
        return stable
    canary = TensorFlowServing(settings.serving, settings.predict_seconds * DEADLINE_SHARE, identity, CANARY_LABEL)
    return Canary(stable, canary, settings.canary_share)


settings = Settings.from_env()
metrics.note_build_and_settings(settings.masked())
wsgi = create_app(settings, model(settings))
app = Front(wsgi, THREADS)
logging.getLogger("ragam.boot").info("settings", extra={"fields": {**settings.masked(), "capacity": asdict(settings.capacity())}})


class Worker(UvicornWorker):  # type: ignore[misc]
    """uvicorn's, with connections that have limits."""

    CONFIG_KWARGS = {  # noqa: RUF012 - uvicorn-worker's own form
        "http": Connection,
        "loop": "asyncio",
        "ws": "none",
        "lifespan": "on",
        # asyncio accepts so many at a time: more, and the worker that wakes first has all who come at once.
        "backlog": 1,
        "interface": "asgi3",
        # Who a client is, is proxies.py's to say; what is logged, access_log.py's.
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "log_level": "error",
    }
