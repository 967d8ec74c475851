import re
from pathlib import Path

from gateway.api.docs import FILES, SWAGGER_UI

ROOT = Path(__file__).resolve().parents[3]


def test_the_description_is_the_file(client):
    answer = client.get("/openapi.yaml")
    assert (answer.status_code, answer.content_type) == (200, "application/yaml")
    assert answer.data == (ROOT / "gateway" / "openapi.yaml").read_bytes()


def test_the_page_loads_nothing_from_elsewhere(client):
    answer = client.get("/docs")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "://" not in answer.text
    assert not re.search(r"<script(?! src)|<style| style=| on[a-z]+=", answer.text)
    loaded = re.findall(r'(?:src|href)="docs/([^"]+)"', answer.text)
    assert sorted(loaded) == sorted(FILES)
    for name in loaded:
        file = client.get(f"/docs/{name}")
        assert file.status_code == 200, name
        assert file.headers["Content-Security-Policy"] == policy
        assert file.headers["Cache-Control"] == "no-cache"
        file.close()


def test_no_other_file_is_served(client):
    for name in ("index.html", "..%2fopenapi.yaml", "oauth2-redirect.html", "swagger-ui.js"):
        answer = client.get(f"/docs/{name}")
        assert (answer.status_code, answer.json["status"]["code"]) == (404, 404), name


def test_swagger_ui_reads_openapi_3_1(client):
    version = (SWAGGER_UI / "VERSION").read_text().strip().lstrip("v")
    assert int(version.split(".")[0]) >= 5
