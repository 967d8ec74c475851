import pytest


@pytest.mark.parametrize("path", ["/", "/genres", "/openapi.yaml", "/docs", "/page/main.js", "/healthz", "/metrics", "/nowhere"])
def test_no_answer_may_be_taken_for_another_type(client, path):
    assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/docs", "/docs/try-it.js", "/page/main.js"])
def test_both_pages_stand_under_one_policy(client, path):
    with client.get(path) as answer:
        headers = answer.headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
