"""What is served at / and below /page/, to whom and under which policy."""

import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

from gateway.api import pages
from gateway.api.pages import ASSETS

PAPERS = b'{"status": {"code": 200, "message": "Success fetching the API"}, "data": null}'
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FILES = sorted(name for name in ASSETS if name != "index.html")
TEXTS = {name: data.decode() for name, data in ASSETS.items() if not name.endswith(".jpg")}
FOLDER = Path(pages.__file__).parents[1] / "page"
LIBRARY = FOLDER / "library"


def test_whoever_prefers_html_gets_the_page(client):
    for accept in (CHROMIUM, "text/html", "text/html, application/json;q=0.9", "text/*, application/json;q=0.5"):
        answer = client.get("/", headers={"Accept": accept})
        assert (answer.status_code, answer.data) == (200, ASSETS["index.html"]), accept
        assert answer.content_type == "text/html; charset=utf-8"
        assert answer.headers["Vary"] == "Accept"


def test_everyone_else_gets_the_papers_json_to_the_byte(client):
    for accept in (None, "", "*/*", "application/json", "application/json, text/html", "text/html;q=0.5, */*", "nonsense"):
        answer = client.get("/", headers={} if accept is None else {"Accept": accept})
        assert (answer.data, answer.content_type) == (PAPERS, "application/json"), accept
        assert answer.headers["Vary"] == "Accept"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri")


def test_every_file_comes_under_the_policy_and_is_asked_for_again(client):
    for path in ("/", *(f"/page/{name}" for name in FILES)):
        answer = client.get(path, headers={"Accept": CHROMIUM})
        assert answer.status_code == 200, path
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-cache"
        again = client.get(path, headers={"Accept": CHROMIUM, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(path, headers={"Accept": CHROMIUM, "If-None-Match": '"another"'}).data == answer.data
        assert client.head(path, headers={"Accept": CHROMIUM}).headers["ETag"] == answer.headers["ETag"]


def test_the_policy_lets_in_only_what_the_page_needs(client):
    told = client.get("/", headers={"Accept": CHROMIUM}).headers["Content-Security-Policy"]
    policy = dict(directive.split(" ", 1) for directive in told.split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_nothing_else_is_served(client):
    inside = ("", "index.html", "text", "text/", "nothing.js", "library/SHA256SUMS")
    for path in (*inside, "../pages.py", "%2e%2e/pages.py", "text/../main.js", "..%5cpages.py"):
        answer = client.get(f"/page/{path}", headers={"Accept": CHROMIUM})
        assert (answer.status_code, answer.json["status"]["message"]) == (404, "Not Found"), path


class _References(HTMLParser):
    """What a document loads, and what the policy would not let it do."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: set[str] = set()
        self.forbidden: list[str] = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in {"link", "script"}:
            self.loads.add(attributes.get("href") or attributes.get("src") or "inline")
        self.forbidden += [name for name in attributes if name == "style" or name.startswith("on")]


def named_by(name):
    """The files that a module imports at once, on demand or as a worker, and the examples by their names."""
    text = TEXTS[name]
    written = re.findall(r'(?:from|import) ?\(?"(\.[^"]+)"', text) + re.findall(r'new URL\("([^"]+)", import\.meta\.url\)', text)
    named = {normpath(join(dirname(name), path)) for path in written}
    if name == "view/examples.js":
        named |= {f"examples/{one}.jpg" for one in re.findall(r'"([a-z]+-?[a-z]+)"', re.search(r"EXAMPLES = \[(.*?)\]", text)[1])}
    return named


def at_once(name):
    """The files that a module imports before it runs."""
    return {normpath(join(dirname(name), path)) for path in re.findall(r'^import (?:[^"(]*from )?"(\.[^"]+)"', TEXTS[name], re.MULTILINE)}


def test_the_first_view_is_light():
    # What a visit loads before there is a picture; gzip by a proxy makes a third of it.
    loads = re.findall(r'(?:href|src)="page/([^"]+)"', TEXTS["index.html"])
    assert sum(len(ASSETS[name]) for name in {"index.html", "text/en.js", *loads}) < 141_000


def test_the_files_are_those_that_the_page_loads_and_no_others():
    references = _References()
    references.feed(TEXTS["index.html"])
    assert references.forbidden == []
    assert "inline" not in references.loads
    # Relative, so that the page works below any address.
    assert all(path.startswith("page/") for path in references.loads)
    loaded = {path.removeprefix("page/") for path in references.loads}
    # All that the page begins with, and nothing that is needed only once there are pictures.
    assert {"main.js", "session/session.js", "text/language.js"} <= loaded
    assert not {"workspace.js", "view/grid.js", "export/csv.js", "text/id.js", "library/utif.js"} & loaded
    assert all(name in loaded for module in loaded if module.endswith(".js") for name in at_once(module))
    waiting = [name for name in loaded if name.endswith(".js")]
    while waiting:
        for name in named_by(waiting.pop()) - loaded:
            loaded.add(name)
            waiting += [name] if name.endswith(".js") else []
    assert loaded == set(FILES)


def test_nothing_is_named_that_lies_elsewhere():
    # Names of vocabularies, which nothing is loaded from.
    names = {
        "http://www.w3.org/2000/svg",
        "http://vocab.getty.edu/aat/$",
        "https://schema.org",
        "http://iiif.io/api/presentation/2/context.json",
        "http://www.w3.org/ns/oa#",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://www.w3.org/2001/XMLSchema#",
        "http://purl.org/dc/terms/",
    }
    for name, text in TEXTS.items():
        if name.startswith("library/"):
            continue
        found = re.findall(r"""["'`(= ]((?:[a-z]+:)?//[a-zA-Z][^\s"'`){]*)""", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
        assert set(found) <= names, name
        assert "@import" not in text, name


def test_libraries_are_the_pinned_files_with_their_licences():
    sums = dict(reversed(line.split()) for line in (LIBRARY / "SHA256SUMS").read_text().splitlines())
    assert sums == {path.name: sha256(path.read_bytes()).hexdigest() for path in LIBRARY.glob("*.js")}
    for name in sums:
        assert "ermission" in (LIBRARY / name.replace(".js", ".LICENSE.txt")).read_text()
