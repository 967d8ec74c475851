import hashlib
import logging
from io import BytesIO

import pytest

from gateway.app import create_app
from gateway.settings import Settings

KEY = "ragam_of-alice"


@pytest.fixture
def guarded(tmp_path, classifier):
    file = tmp_path / "api_keys"
    file.write_text(f"{hashlib.sha256(KEY.encode()).hexdigest()} alice\n")
    return create_app(Settings(api_keys_file=str(file)), classifier).test_client()


def send(client, picture, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")}, headers=named)


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"Authorization": f"bearer  {KEY}"}, {"X_API_Key": KEY}])
def test_a_known_key_is_answered_and_its_owner_is_logged(guarded, picture, headers, caplog):
    with caplog.at_level(logging.INFO):
        assert send(guarded, picture, **headers).status_code == 200
    [line] = [record for record in caplog.records if record.name == "ragam.access"]
    assert line.fields["key"] == "alice"
    assert KEY not in caplog.text + str(line.fields)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {KEY}x"},
        {"X_API_Key": ""},
        {"X_API_Key": KEY[:-1]},
        {"Authorization": "Bearer x", "X_API_Key": KEY},
    ],
)
def test_every_other_is_401_in_the_envelope(guarded, classifier, picture, headers):
    answer = send(guarded, picture, **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ragam"'
    assert answer.json["status"]["code"] == 401
    assert answer.json["status"]["message"] == "Unauthorized"
    assert answer.json["data"] is None
    assert not classifier.seen


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics"])
def test_a_look_needs_no_key(guarded, path):
    assert guarded.get(path).status_code == 200


def test_whoever_has_no_key_learns_no_address(guarded):
    assert guarded.post("/nowhere").status_code == 401
    assert guarded.post("/nowhere", headers={"X-API-Key": KEY}).status_code == 404


def test_without_the_setting_everybody_is_answered(client, picture):
    assert send(client, picture).status_code == 200
    assert send(client, picture, X_API_Key="whatever").status_code == 200
