"""The Flask application: a factory that takes its dependencies, and the one place where errors become answers."""

import logging
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway.api import envelope
from gateway.api.decode_queue import DecodeQueues
from gateway.api.docs import description
from gateway.api.explanation import explanation
from gateway.api.form import InMemoryRequest
from gateway.api.genres import GenreList, genres
from gateway.api.health import Readiness, health
from gateway.api.pages import pages
from gateway.api.prediction import views
from gateway.api.upload import MULTIPART_OVERHEAD_BYTES
from gateway.auth.access import AccessControl, control_access
from gateway.auth.browser_headers import secure
from gateway.auth.cors import allow_origins
from gateway.auth.keys import Keys
from gateway.auth.moving_window import IN_MEMORY, MovingWindows
from gateway.auth.proxies import trust_proxies
from gateway.capacity import THREADS
from gateway.environ import REFUSAL
from gateway.errors import ClientGone, CompressedBody, NotHttp, Overloaded, RagamError, Unauthorized, is_exhausted
from gateway.prediction import Classifier
from gateway.settings import Settings
from gateway.telemetry import tracing
from gateway.telemetry.access_log import begin_counts, note_requests
from gateway.telemetry.metrics import SHED

logger = logging.getLogger("ragam.app")

# What Flask and Werkzeug refuse: the word and the sentence.
_HTTP_ERRORS = {
    HTTPStatus.NOT_FOUND: ("address_unknown", "There is nothing at this address. The service's /docs lists those that exist."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "This address does not take this method. The header Allow names those that it takes.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("request_too_large", "The request is too large."),
}
_NOT_UNDERSTOOD = ("request_invalid", "The request cannot be understood.")


def create_app(settings: Settings, classifier: Classifier) -> Flask:
    """The gateway over `classifier`. Nothing is asked of it until a request comes or extensions["readiness"] is told to watch."""
    app = Flask("gateway", static_folder=None)
    app.request_class = InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES
    app.extensions["settings"] = settings
    app.extensions["classifier"] = classifier
    app.extensions["decode_queues"] = DecodeQueues(settings.capacity().decoders, THREADS, settings.max_wait_seconds)
    app.extensions["readiness"] = Readiness(classifier)
    app.extensions["genres"] = GenreList(classifier)
    app.extensions["traced"] = tracing.wanted()
    if app.extensions["traced"]:
        tracing.trace_requests(app)
    note_requests(app)
    secure(app)
    trust_proxies(app, settings.trusted_proxies)
    if settings.cors_origins:
        allow_origins(app, frozenset(settings.cors_origins.split(",")))
    app.before_request(_refuse)
    _admit(app, settings)
    app.register_blueprint(pages)
    app.register_blueprint(views)
    app.register_blueprint(explanation)
    app.register_blueprint(genres)
    app.register_blueprint(health)
    app.register_blueprint(description)
    begin_counts(app)
    app.register_error_handler(RagamError, _ragam_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)
    return app


def _refuse() -> None:
    """What the front has against a request is answered as everything else: in the envelope, with headers, log line and metrics."""
    refusal = request.environ.get(REFUSAL)
    if isinstance(refusal, Overloaded):
        SHED.inc()
    if isinstance(refusal, NotHttp):
        g.fields["reason"] = refusal.reason
    if refusal is not None:
        raise refusal


def _admit(app: Flask, settings: Settings) -> None:
    """Keys and rate limits."""
    windows = MovingWindows(settings.rate_limit, settings.rate_limit_storage) if settings.rate_limit else None
    keys = Keys(Path(settings.api_keys_file)) if settings.api_keys_file else None
    if keys or windows:
        control_access(app, AccessControl(keys, windows, settings.trusted_proxies))
    if windows and settings.rate_limit_storage == IN_MEMORY and settings.capacity().workers > 1:
        logger.warning("each of the gateway's processes counts by itself: set RAGAM_RATE_LIMIT_STORAGE to count for all of them")


def _ragam_error(error: RagamError) -> Response:
    # Under overload its line in the log is enough, and so where nobody waits any more.
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Overloaded | ClientGone):
        logger.warning("%s: %s", type(error).__name__, error.__cause__)
    return _failure(error)


def _failure(error: RagamError) -> Response:
    g.fields["error"] = error.error
    answer = envelope.failure(error.status, error.error, error.detail)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, CompressedBody):
        answer.headers["Accept-Encoding"] = "identity"
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="ragam"'
    return answer


def _http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    word, detail = _HTTP_ERRORS.get(status, _NOT_UNDERSTOOD)
    g.fields["error"] = word
    answer = envelope.failure(status, word, detail)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.allow.update(error.valid_methods)
    return answer


def _unexpected_error(error: Exception) -> Response:
    if is_exhausted(error):
        logger.error("%s: %s", type(error).__name__, error)
        return _failure(Overloaded())
    logger.error("unexpected error", exc_info=error)
    return _failure(RagamError())
