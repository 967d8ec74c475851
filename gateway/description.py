"""The interface described for machines, and a page to try it: Swagger UI from its package, nothing from anywhere else."""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, send_file

from gateway.browser import protect

description = Blueprint("description", __name__)

HERE = Path(__file__).parent
DESCRIPTION = (HERE / "openapi.yaml").read_bytes()
PAGE = (HERE / "try_it" / "index.html").read_bytes()

# The package's own blueprint has its page in a template with a script inside, which a strict policy forbids: only its files are used.
_spec = find_spec("flask_swagger_ui")
assert _spec is not None, "requirements/gateway.txt is not installed"
assert _spec.origin is not None
SWAGGER_UI = Path(_spec.origin).parent / "dist"

# What the page loads, and where it lies.
FILES = {
    "try-it.js": HERE / "try_it" / "try-it.js",
    "try-it.css": HERE / "try_it" / "try-it.css",
    "swagger-ui.css": SWAGGER_UI / "swagger-ui.css",
    "swagger-ui-bundle.js": SWAGGER_UI / "swagger-ui-bundle.js",
    "favicon.png": SWAGGER_UI / "favicon-32x32.png",
}


@description.get("/openapi.yaml")
def openapi() -> Response:
    return Response(DESCRIPTION, content_type="application/yaml")


@description.get("/docs")
def docs() -> Response:
    return _of_the_page(Response(PAGE, content_type="text/html; charset=utf-8"))


@description.get("/docs/<name>")
def docs_file(name: str) -> Response:
    if name not in FILES:
        abort(404)
    # Without a time to be kept for, a browser asks each time whether the file is still the one it has.
    return _of_the_page(send_file(FILES[name]))


def _of_the_page(answer: Response) -> Response:
    # data: for the icons in Swagger UI's own style sheet, blob: for the pictures that an answer holds.
    protect(answer, images="data: blob:")
    return answer
