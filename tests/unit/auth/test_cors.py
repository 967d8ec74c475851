from io import BytesIO

import pytest

from gateway.app import create_app
from gateway.settings import Settings

MUSEUM = "https://museum.example"
OURS = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods")


@pytest.fixture
def listed(keys_file, classifier):
    settings = Settings(cors_origins=f"{MUSEUM},http://localhost:8080", api_keys_file=keys_file, rate_limit="2/minute", workers=1)
    return create_app(settings, classifier).test_client()


def ask(client, method="GET", path="/", origin=MUSEUM, **options):
    headers = {"Origin": origin, **options.pop("headers", {})}
    return client.open(path, method=method, headers=headers, **options)


def test_a_page_of_a_listed_origin_may_ask_with_a_key(listed):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-api-key"}
    answer = ask(listed, "OPTIONS", "/prediction", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == MUSEUM
    assert "POST" in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "X-API-Key", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert answer.headers["Access-Control-Max-Age"] == "7200"


def test_it_may_read_every_answer_errors_too(listed, picture):
    def send(**headers):
        return ask(listed, "POST", "/prediction", data={"image": (BytesIO(picture()), "a.jpg")}, headers=headers)

    answers = [send(**{"X-API-Key": "wrong"}), *(send(**{"X-API-Key": "ragam_of-alice"}) for _ in range(3)), ask(listed, path="/nowhere")]
    assert [answer.status_code for answer in answers] == [401, 200, 200, 429, 404]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == MUSEUM
        assert "Origin" in answer.headers["Vary"]
        assert {"X-Request-ID", "Retry-After", "RateLimit"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://museum.example.evil.example",
        "http://museum.example",
        "https://museum.example:8443",
        "null",
        "*",
        "",
    ],
)
def test_no_other_origin_is_named(listed, origin):
    for method in ("GET", "OPTIONS"):
        answer = ask(listed, method, origin=origin, headers={"Access-Control-Request-Method": "POST"})
        assert not set(OURS) & set(answer.headers.keys())
        # Or a cache would give it to the listed origin.
        assert "Origin" in answer.headers["Vary"]


def test_off_by_default(client):
    for method in ("GET", "OPTIONS"):
        answer = ask(client, method, headers={"Access-Control-Request-Method": "POST"})
        assert not set(OURS) & set(answer.headers.keys())
        assert "Origin" not in answer.headers.get("Vary", "")
