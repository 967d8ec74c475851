"""What is served at / and below /page/ and /docs, to whom and under which policy."""

import re
from hashlib import sha256
from pathlib import Path

from gateway.api import docs, pages
from gateway.api.pages import ASSETS

PAPERS = b'{"status": {"code": 200, "message": "Success fetching the API"}, "data": null}'
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FILES = sorted(name for name in ASSETS if name != "index.html")
TEXTS = {name: data.decode() for name, data in ASSETS.items() if not name.endswith(".jpg")}
LIBRARY = Path(pages.__file__).parents[1] / "page" / "library"


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


def test_every_file_comes_under_the_policy_and_is_asked_for_again(client):
    for path in ("/", *(f"/page/{name}" for name in FILES), *(f"/docs/{name}" for name in docs.FILES)):
        answer = client.get(path, headers={"Accept": CHROMIUM})
        assert answer.status_code == 200, path
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert answer.headers["Cache-Control"] == "no-cache"
        again = client.get(path, headers={"Accept": CHROMIUM, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


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
    assert client.get("/docs").headers["Content-Security-Policy"] == told.replace("'self' blob:", "'self' data: blob:")


def test_nothing_else_is_served(client):
    for folder, names in (
        ("page", ("", "index.html", "text/", "nothing.js", "library/SHA256SUMS", "../pages.py", "%2e%2e/pages.py", "text/../main.js")),
        ("docs", ("index.html", "..%2fopenapi.yaml", "oauth2-redirect.html", "swagger-ui.js")),
    ):
        for name in names:
            answer = client.get(f"/{folder}/{name}", headers={"Accept": CHROMIUM})
            assert (answer.status_code, answer.json["status"]["message"]) == (404, "Not Found"), (folder, name)


def test_the_page_loads_what_it_begins_with_and_little():
    page = TEXTS["index.html"]
    # The policy lets in no script, style or handler within.
    assert not re.search(r'<script(?! (type="module" )?src)|<style| style=| on[a-z]+=', page)
    found = re.findall(r'<(?:link|script|img) [^>]*(?:href|src)="([^"]+)"', page)
    # Relative, so that the page works below any address.
    assert all(path.startswith("page/") for path in found)
    loaded = {path.removeprefix("page/") for path in found}
    # And nothing that is needed only once there are pictures.
    assert {"main.js", "session/session.js", "text/language.js"} <= loaded
    assert not {"workspace.js", "view/grid.js", "export/csv.js", "text/id.js", "library/utif.js"} & loaded
    # What a visit loads before there is a picture; gzip by a proxy makes a third of it.
    assert sum(len(ASSETS[name]) for name in {"index.html", "text/en.js", *loaded}) < 141_000


def test_libraries_are_the_pinned_files_with_their_licences():
    sums = dict(reversed(line.split()) for line in (LIBRARY / "SHA256SUMS").read_text().splitlines())
    assert sums == {path.name: sha256(path.read_bytes()).hexdigest() for path in LIBRARY.glob("*.js")}
    for name in sums:
        assert "ermission" in (LIBRARY / name.replace(".js", ".LICENSE.txt")).read_text()
