"""The Flask application: a factory that takes its dependencies, and the one place where errors become answers."""

import logging
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway import envelope
from gateway.access import begin_counts, note_requests
from gateway.authorization import require_keys
from gateway.browser import forbid_sniffing
from gateway.description import description
from gateway.errors import RagamError, Unauthorized
from gateway.explanation import explanation
from gateway.genres import GenreList, genres
from gateway.health import Readiness, health
from gateway.keys import Keys
from gateway.pages import pages
from gateway.prediction import Classifier
from gateway.settings import Settings
from gateway.uploads import MULTIPART_OVERHEAD_BYTES, InMemoryRequest
from gateway.views import views

logger = logging.getLogger("ragam.app")

_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. Send a picture with POST to /prediction.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method. The header Allow names those that it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
}


def create_app(settings: Settings, classifier: Classifier) -> Flask:
    """The gateway over `classifier`. Nothing is asked of it until a request comes or extensions["readiness"] is told to watch."""
    app = Flask("gateway", static_folder=None)
    app.request_class = InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES
    app.extensions["settings"] = settings
    app.extensions["classifier"] = classifier
    app.extensions["readiness"] = Readiness(classifier)
    app.extensions["genres"] = GenreList(classifier)
    note_requests(app)
    forbid_sniffing(app)
    if settings.api_keys_file:
        require_keys(app, Keys(Path(settings.api_keys_file)))
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


def _ragam_error(error: RagamError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("%s: %s", type(error).__name__, error.__cause__)
    answer = envelope.failure(error.status, error.detail)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="ragam"'
    return answer


def _http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = envelope.failure(status, _DETAILS.get(status, "The request cannot be understood."))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.allow.update(error.valid_methods)
    return answer


def _unexpected_error(error: Exception) -> Response:
    logger.error("unexpected error", exc_info=error)
    return envelope.failure(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here. Try again, or tell whoever runs this service.")
