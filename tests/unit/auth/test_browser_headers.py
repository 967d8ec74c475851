"""The headers for browsers, on every route and every outcome; and for which pages of others they open the service."""

from io import BytesIO

import pytest

from gateway.app import create_app
from gateway.errors import ServingBusy
from gateway.settings import Settings

# Files of the two pages: a browser keeps them and asks whether they are still the same.
KEPT = ["/docs/try-it.js", "/page/main.js"]


def check(path, answer):
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    is_page = path in [*KEPT, "/docs"] and answer.status_code == 200 and answer.request.method != "OPTIONS"
    assert ("script-src" in headers["Content-Security-Policy"]) == is_page
    assert (headers.get("Cross-Origin-Opener-Policy") == "same-origin") == is_page
    assert headers["Cache-Control"] == ("no-cache" if is_page and path in KEPT else "no-store")
    assert "Access-Control-Allow-Origin" not in headers


def test_every_route_and_method(client):
    routes = [rule.rule for rule in client.application.url_map.iter_rules() if "<" not in rule.rule]
    for path in [*routes, *KEPT, "/nowhere"]:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "MADEUP"):
            with client.open(path, method=method) as answer:
                check(path, answer)


def test_every_answer_about_a_picture(client, classifier, picture):
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    for path in ("/prediction", "/predictions", "/explanation"):
        for error, status in ((None, 200), (ServingBusy(), 503), (RuntimeError("a bug"), 500)):
            classifier.error = error
            answer = client.post(path, data={"image": (BytesIO(picture()), "a.jpg")})
            assert answer.status_code == status
            check(path, answer)
        answer = client.post(path, data=head + bytes(3_000_000) + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")
        assert answer.status_code == 413
        check(path, answer)


MUSEUM = "https://museum.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-api-key"}


@pytest.fixture
def listed(keys_file, classifier):
    settings = Settings(cors_origins=f"{MUSEUM},http://localhost:8080", api_keys_file=keys_file, rate_limit="2/minute", workers=1)
    return create_app(settings, classifier).test_client()


def ask(client, method="GET", path="/", origin=MUSEUM, **options):
    headers = {"Origin": origin, **options.pop("headers", {})}
    return client.open(path, method=method, headers=headers, **options)


def test_a_page_of_a_listed_origin_may_ask_with_a_key(listed):
    answer = ask(listed, "OPTIONS", "/prediction", headers=PREFLIGHT)
    assert answer.headers["Access-Control-Allow-Origin"] == MUSEUM
    assert "POST" in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "X-API-Key", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))


def test_it_may_read_every_answer_errors_too(listed, picture):
    def send(key):
        return ask(listed, "POST", "/prediction", data={"image": (BytesIO(picture()), "a.jpg")}, headers={"X-API-Key": key})

    answers = [send("wrong"), *(send("ragam_of-alice") for _ in range(3)), ask(listed, path="/nowhere")]
    assert [answer.status_code for answer in answers] == [401, 200, 200, 429, 404]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == MUSEUM
        assert "Origin" in answer.headers["Vary"]
        assert {"X-Request-ID", "Retry-After", "RateLimit"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_no_other_origin_is_named_and_none_by_default(listed, client):
    others = ["https://museum.example.evil.example", "http://museum.example", "https://museum.example:8443", "null", "*", ""]
    for method in ("GET", "OPTIONS"):
        for asked, origin in [*((listed, origin) for origin in others), (client, MUSEUM)]:
            answer = ask(asked, method, origin=origin, headers=PREFLIGHT)
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")], origin
            # Or a cache would give it to the listed origin.
            assert ("Origin" in answer.headers.get("Vary", "")) == (asked is listed)
