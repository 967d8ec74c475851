"""The interface described for machines, and a page to try it: Swagger UI from its package, nothing from anywhere else."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, request

from gateway.auth.browser_headers import protect

description = Blueprint("description", __name__)

TRY_IT = Path(__file__).with_name("try_it")
DESCRIPTION = (Path(__file__).parents[1] / "openapi.yaml").read_bytes()
PAGE = (TRY_IT / "index.html").read_bytes()

# The package's own blueprint has its page in a template with a script inside, which a strict policy forbids: only its files are used.
_spec = find_spec("flask_swagger_ui")
assert _spec is not None, "requirements/gateway.txt is not installed"
assert _spec.origin is not None
SWAGGER_UI = Path(_spec.origin).parent / "dist"

# What the page loads, with its type.
FILES = {
    "try-it.js": ((TRY_IT / "try-it.js").read_bytes(), "text/javascript; charset=utf-8"),
    "try-it.css": ((TRY_IT / "try-it.css").read_bytes(), "text/css; charset=utf-8"),
    "swagger-ui.css": ((SWAGGER_UI / "swagger-ui.css").read_bytes(), "text/css; charset=utf-8"),
    "swagger-ui-bundle.js": ((SWAGGER_UI / "swagger-ui-bundle.js").read_bytes(), "text/javascript; charset=utf-8"),
    "favicon.png": ((SWAGGER_UI / "favicon-32x32.png").read_bytes(), "image/png"),
}
ETAGS = {name: sha256(content).hexdigest()[:32] for name, (content, _) in FILES.items()}


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
    content, content_type = FILES[name]
    answer = Response(content, content_type=content_type)
    # A browser keeps the file and asks each time whether it is still the one it has.
    answer.cache_control.no_cache = True
    answer.set_etag(ETAGS[name])
    _of_the_page(answer)
    answer.make_conditional(request)
    return answer


def _of_the_page(answer: Response) -> Response:
    # data: for the icons in Swagger UI's own style sheet, blob: for the pictures that an answer holds.
    protect(answer, images="data: blob:")
    return answer
