"""Mutual TLS between gateway and model server, and API keys: as docs/operations.md says, by files and variables."""

import subprocess

import pytest
from deployment import ROOT, SERVING


@pytest.fixture(scope="module")
def secured(deployment, tmp_path_factory):
    """The deployment with TLS and the key of one caller; afterwards as before."""
    folder = tmp_path_factory.mktemp("secrets") / "tls"
    subprocess.run(["sh", str(ROOT / "certificates.sh"), str(folder)], check=True, capture_output=True)
    made = deployment.compose("run", "--rm", "--no-deps", "--no-TTY", "gateway", "python", "-m", "gateway.auth.keys", "alice")
    key = made.stderr.split("shown only now: ")[1].split()[0]
    (folder / "api_keys").write_text(made.stdout)
    deployment.variables |= {"TLS_FOLDER": str(folder), "API_KEYS_FILE": str(folder / "api_keys")}
    deployment.up()
    yield key
    deployment.variables |= {"TLS_FOLDER": "", "API_KEYS_FILE": ""}
    deployment.up()


def test_a_key_is_asked_for_and_the_model_server_answers_its_gateway(deployment, secured, picture):
    data = picture()
    assert deployment.post(data).status_code == 401
    assert deployment.post(data, **{"X-API-Key": secured + "x"}).status_code == 401
    assert deployment.post(data, **{"X-API-Key": secured}).status_code == 200
    assert deployment.ready()


def test_the_secrets_are_seen_only_by_whom_they_are_for(deployment, secured):
    code = "import os; print(*sorted(file for _, _, files in os.walk('/run/secrets') for file in files))"
    assert deployment.python(deployment.container(SERVING), code) == "serving_tls"
    assert deployment.python(deployment.container("gateway"), code) == "api_keys ca.crt tls.crt tls.key"
