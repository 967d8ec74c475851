"""Alive: this process answers. Ready: the model behind it answers too, and keeps the contract."""

import logging
import math
import time
from http import HTTPStatus
from threading import Lock, Thread

from flask import Blueprint, Response, current_app

from gateway.api import envelope
from gateway.errors import RagamError, ServingError, Stopping
from gateway.prediction import Classifier
from gateway.telemetry import metrics

logger = logging.getLogger("ragam.health")

WATCH_SECONDS = 0.5

# Whoever asks /readyz within this time of an answer gets the same: many who ask cost the model server two calls a second, and no
# thread here waits for more than one of them.
KEPT_SECONDS = 0.5

health = Blueprint("health", __name__)


class Readiness:
    """Asks the classifier, one call at a time, and logs when its answer changes, with the reason."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._lock = Lock()
        self._last: str | None = None
        self._kept: ServingError | None = None
        self._kept_until = -math.inf
        self._stops = False

    def problem(self) -> ServingError | None:
        """Why no picture can be answered now, or None."""
        with self._lock:
            return self._ask()

    def lately(self) -> RagamError | None:
        """What `problem` was told last, where that is not long ago, else now; and that this gateway stops, where it does."""
        if self._stops:
            return Stopping()
        with self._lock:
            return self._kept if time.monotonic() < self._kept_until else self._ask()

    def stop(self) -> None:
        """From here on nobody is to be sent here any more."""
        self._stops = True

    def _ask(self) -> ServingError | None:
        # Whoever waits for the lock wants this answer, however long it took: the time begins at its end.
        self._kept = self._check()
        self._kept_until = time.monotonic() + KEPT_SECONDS
        return self._kept

    def _check(self) -> ServingError | None:
        try:
            self._classifier.check()
        except ServingError as error:
            metrics.READY.set(0)
            self._log(f"not ready: {_reason(error)}", logging.WARNING)
            return error
        metrics.READY.set(1)
        self._log("ready", logging.INFO)
        return None

    def watch_until_ready(self) -> None:
        """In a thread of its own: connects, and gives the log the reason where the model cannot be used, without being asked."""

        def watch() -> None:
            while self.problem():
                time.sleep(WATCH_SECONDS)

        Thread(target=watch, name="readiness", daemon=True).start()

    def _log(self, state: str, level: int) -> None:
        if state != self._last:
            self._last = state
            logger.log(level, state)


def _reason(error: ServingError) -> str:
    cause = error.__cause__
    details = getattr(cause, "details", None)
    return f"{type(error).__name__}: {details() if details else cause}"


@health.get("/healthz")
def healthz() -> Response:
    return envelope.success("OK")


@health.get("/readyz")
def readyz() -> Response:
    problem = current_app.extensions["readiness"].lately()
    if problem is None:
        return envelope.success("OK")
    # Whatever the reason, a probe is told 503: this gateway should get no traffic now.
    return envelope.failure(HTTPStatus.SERVICE_UNAVAILABLE, problem.error, problem.detail)


@health.get("/metrics")
def exposition() -> Response:
    body, content_type = metrics.exposition()
    return Response(body, content_type=content_type)
