"""The headers for browsers, on every route and every outcome."""

from io import BytesIO

import pytest

from gateway.errors import ServingBusy, ServingTimeout, ServingUnavailable, WrongModel

PAGES = ["/docs", "/docs/try-it.js", "/page/main.js"]
OTHERS = ["/", "/genres", "/openapi.yaml", "/healthz", "/readyz", "/metrics", "/nowhere"]
PICTURES = ["/prediction", "/predictions", "/explanation"]


def check(headers, cached="no-store"):
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == cached
    assert "Access-Control-Allow-Origin" not in headers


def test_the_lists_here_have_every_route(client):
    rules = {rule.rule for rule in client.application.url_map.iter_rules() if "GET" in rule.methods and "<" not in rule.rule}
    assert rules | {"/nowhere"} == {path for path in PAGES + OTHERS if path.count("/") == 1 or path == "/"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "MADEUP"])
def test_every_answer_that_is_no_page(client, method):
    for path in OTHERS:
        with client.open(path, method=method) as answer:
            check(answer.headers)
            assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_pages_and_their_files_have_one_policy(client):
    for path in PAGES:
        with client.get(path) as answer:
            check(answer.headers, cached="no-store" if path == "/docs" else "no-cache")
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PICTURES)
def test_every_answer_about_a_picture(client, classifier, picture, path):
    for error in (None, ServingUnavailable(), ServingBusy(), ServingTimeout(), WrongModel(), RuntimeError("a bug")):
        classifier.error = error
        answer = client.post(path, data={"image": (BytesIO(picture()), "a.jpg")})
        assert (answer.status_code == 200) == (error is None)
        check(answer.headers)


@pytest.mark.parametrize("path", PICTURES)
def test_every_answer_to_a_bad_request(client, path):
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    for data, status in ((b"", 400), (head + bytes(3_000_000) + b"\r\n--x--\r\n", 413)):
        answer = client.post(path, data=data, content_type="multipart/form-data; boundary=x")
        assert answer.status_code == status
        check(answer.headers)


def test_an_error_tells_nothing_of_the_inside(client, classifier, picture):
    classifier.error = RuntimeError("/srv/secret/model: password=hunter2")
    answer = client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")})
    assert answer.status_code == 500
    told = answer.text + str(answer.headers)
    for word in ("hunter2", "/srv", "RuntimeError", "Traceback", ".py"):
        assert word not in told
