"""Mutual TLS between gateway and model server, and API keys: as the README says, by files and variables."""

import os
import subprocess

import pytest
from deployment import ROOT, SERVING
from service import wait_until

# A caller of the model server with the PEM files that it finds on standard input, an empty line between them; none: plain text.
CALL = """
import sys, grpc
pem = [part.encode() for part in sys.stdin.read().split("\\n\\n") if part.strip()]
if pem:
    credentials = grpc.ssl_channel_credentials(*pem)
    channel = grpc.secure_channel("serving:8500", credentials)
else:
    channel = grpc.insecure_channel("serving:8500")
call = channel.unary_unary("/tensorflow.serving.ModelService/GetModelStatus")
try:
    call(b"\\n\\x10\\n\\x0epainting_genre", timeout=3)
    print("OK")
except grpc.RpcError as error:
    print(error.code().name)
"""


def make_certificates(folder):
    subprocess.run(["sh", str(ROOT / "certificates.sh"), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def secured(deployment, tmp_path_factory):
    """The deployment with TLS and the key of one caller; afterwards as before."""
    folder = make_certificates(tmp_path_factory.mktemp("secrets") / "tls")
    made = deployment.compose("run", "--rm", "--no-deps", "--no-TTY", "gateway", "python", "-m", "gateway.auth.keys", "alice")
    key = made.stderr.split("shown only now: ")[1].split()[0]
    (folder / "api_keys").write_text(made.stdout)
    deployment.variables |= {"TLS_FOLDER": str(folder), "API_KEYS_FILE": str(folder / "api_keys")}
    deployment.up()
    yield folder, key
    deployment.variables |= {"TLS_FOLDER": "", "API_KEYS_FILE": ""}
    deployment.up()


def call(deployment, *pem):
    text = "\n\n".join(file.read_text().strip() for file in pem)
    command = ["docker", "exec", "--interactive", deployment.container("gateway"), "python", "-c", CALL]
    done = subprocess.run(command, input=text, env={**os.environ, **deployment.engine.environ}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_model_server_answers_whom_its_authority_knows_and_nobody_else(deployment, secured, tmp_path):
    folder, _ = secured
    foreign = make_certificates(tmp_path / "foreign")
    ours, theirs = ([made / "gateway" / name for name in ("ca.crt", "tls.key", "tls.crt")] for made in (folder, foreign))
    assert call(deployment, *ours) == "OK"
    assert call(deployment, ours[0]) == "UNAVAILABLE", "no certificate"
    assert call(deployment, ours[0], *theirs[1:]) == "UNAVAILABLE", "another authority's"
    assert call(deployment) == "UNAVAILABLE", "plain text"
    assert call(deployment, theirs[0], *ours[1:]) == "UNAVAILABLE", "a server it does not know"


def test_a_key_is_asked_for(deployment, secured, picture):
    _, key = secured
    data = picture()
    refused = deployment.post(data)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="ragam"')
    assert refused.json()["status"]["message"] == "Unauthorized"
    assert deployment.post(data, **{"X-API-Key": key + "x"}).status_code == 401
    assert deployment.post(data, **{"X-API-Key": key}).status_code == 200
    assert deployment.post(data, Authorization=f"Bearer {key}").status_code == 200
    assert deployment.ready()


def test_a_key_that_is_taken_away_is_refused(deployment, secured, picture):
    folder, key = secured
    data = picture()
    lines = (folder / "api_keys").read_text()
    # In place: the container holds this very file, and would not see another that takes its name.
    (folder / "api_keys").write_text("# nobody\n")
    wait_until(lambda: deployment.post(data, **{"X-API-Key": key}).status_code == 401, 20, "the refusal")
    (folder / "api_keys").write_text(lines)
    wait_until(lambda: deployment.post(data, **{"X-API-Key": key}).status_code == 200, 20, "the answer")


def test_the_secrets_are_seen_only_by_whom_they_are_for(deployment, secured):
    code = "import os; print(*sorted(file for _, _, files in os.walk('/run/secrets') for file in files))"
    assert deployment.python(deployment.container(SERVING), code) == "serving_tls"
    assert deployment.python(deployment.container("gateway"), code) == "api_keys ca.crt tls.crt tls.key"
