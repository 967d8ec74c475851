"""The web page: `/` for browsers, and its files under `/page/`, from memory. Everyone else gets the paper's JSON at `/`."""

import json
import re
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

from flask import Blueprint, Response, abort, request

from gateway.api import envelope
from gateway.auth.browser_headers import protect

_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
}
_CATALOGUE = re.compile(r"text/([a-z]{2,3})\.js")
_NAME = re.compile(r'"language\.name": ("[^"]+")')
# What a module needs before it runs, and not what it loads when it is asked for.
_IMPORTED = re.compile(r'^(?:import|export) (?:[^"(]*from )?"(\.[^"]+)"', re.MULTILINE)
_INDEX = "index.html"
_BEGIN = "main.js"
_WORKSPACE = "workspace.js"
_LATER = "later.js"

pages = Blueprint("pages", __name__)


def _read(folder: Path) -> dict[str, bytes]:
    """Every file of the page by its path below `folder`: the only names that are served, so no path is ever made of a request."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in _TYPES}


def _catalogues(files: dict[str, bytes]) -> bytes:
    """The module that names the page's languages and loads the sentences of one: one more file is one more language."""
    codes = [found[1] for name in files if (found := _CATALOGUE.fullmatch(name))]
    lines = [f'  {code}: {{ name: {_named(files[f"text/{code}.js"])}, words: () => import("./{code}.js") }},\n' for code in codes]
    return f"export default {{\n{''.join(lines)}}};\n".encode()


def _named(catalogue: bytes) -> str:
    found = _NAME.search(catalogue.decode())
    assert found is not None, "a catalogue says the name of its language"
    return found[1]


def _preloads(files: dict[str, bytes]) -> bytes:
    """Links to all modules that the page begins with, so that a browser need not find one by reading another."""
    return "".join(f'  <link rel="modulepreload" href="page/{name}">\n' for name in _with_imports(files, _BEGIN)).encode()


def _later(files: dict[str, bytes]) -> bytes:
    """The module that names the others that come with the first picture, to be loaded at once."""
    modules = [name for name in _with_imports(files, _WORKSPACE) if name not in _with_imports(files, _BEGIN)]
    return f"export default {json.dumps(modules)};\n".encode()


def _with_imports(files: dict[str, bytes], begin: str) -> list[str]:
    """A module and all that are imported before it runs."""
    modules = [begin]
    for name in modules:
        named = (normpath(join(dirname(name), path)) for path in _IMPORTED.findall(files[name].decode()))
        modules += [module for module in dict.fromkeys(named) if module not in modules]
    return modules


ASSETS: Final = _read(_FOLDER)
ASSETS["text/catalogues.js"] = _catalogues(ASSETS)
ASSETS[_LATER] = b""
ASSETS[_LATER] = _later(ASSETS)
ASSETS[_INDEX] = ASSETS[_INDEX].replace(b"</head>", _preloads(ASSETS) + b"</head>")


@pages.get("/")
def index() -> Response:
    accepted = request.accept_mimetypes
    # Browsers name text/html; curl, Postman and libraries send */* or nothing, and get what the paper's service answers.
    if accepted.quality("text/html") > accepted.quality("application/json"):
        answer = _file(_INDEX)
    else:
        answer = envelope.papers("Success fetching the API")
    answer.vary.add("Accept")
    return answer


@pages.get("/page/<path:name>")
def asset(name: str) -> Response:
    if name not in ASSETS or name == _INDEX:
        abort(HTTPStatus.NOT_FOUND)
    return _file(name)


def _file(name: str) -> Response:
    answer = Response(ASSETS[name], content_type=_TYPES[Path(name).suffix])
    # Names carry no version: a browser keeps the files and asks each time whether they are still the ones it has.
    answer.cache_control.no_cache = True
    answer.set_etag(sha256(ASSETS[name]).hexdigest()[:32])
    # blob: is how a browser names the pictures that a person has chosen on it.
    protect(answer, images="blob:")
    answer.make_conditional(request)
    return answer
