"""The collection, run by newman against the real service: every request's assertions hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from service import ROOT, Service, wait_until

NEWMAN = Path(__file__).with_name("node_modules") / ".bin" / "newman"
POSTMAN = ROOT / "postman"
COLLECTION = json.loads((POSTMAN / "ragam.postman_collection.json").read_text())
WITHOUT_MODEL = "Without the model server"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run([sys.executable, POSTMAN / "pictures.py", folder], check=True)
    return folder


@pytest.fixture
def alone(tmp_path):
    """A gateway without a model server."""
    service = Service(tmp_path)
    try:
        service.start_gateway()
        wait_until(lambda: answers(service), what="the gateway")
        yield service
    finally:
        for process in service.processes:
            process.stop()


def answers(service):
    try:
        return requests.get(f"{service.address}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def run(service, pictures, folders, report):
    """What newman says of `folders`: its report, every failure in a line."""
    if not NEWMAN.exists():
        pytest.fail("newman is not here: `make test-faces` installs it", pytrace=False)
    command = [NEWMAN, "run", POSTMAN / "ragam.postman_collection.json"]
    command += ["--environment", POSTMAN / "ragam.postman_environment.json", "--env-var", f"baseUrl={service.address}"]
    command += ["--working-dir", pictures, "--reporters", "json", "--reporter-json-export", report]
    for folder in folders:
        command += ["--folder", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    outcome = json.loads(report.read_text())["run"]
    failures = [f"{failure['source'].get('name')}: {failure['error']['message']}" for failure in outcome["failures"]]
    assert not failures, "\n".join(failures)
    assert done.returncode == 0, done.stderr
    return outcome


def names(folders):
    return [item["name"] for folder in COLLECTION["item"] if folder["name"] in folders for item in folder["item"]]


def check(outcome, folders):
    assert [execution["item"]["name"] for execution in outcome["executions"]] == names(folders)
    # Each request has assertions of its own, beside the collection's.
    assert all(len(execution["assertions"]) >= 2 for execution in outcome["executions"])


def test_every_request_against_the_service(service, pictures, tmp_path):
    folders = [folder["name"] for folder in COLLECTION["item"] if folder["name"] != WITHOUT_MODEL]
    check(run(service, pictures, folders, tmp_path / "report.json"), folders)


def test_every_request_without_the_model_server(alone, pictures, tmp_path):
    check(run(alone, pictures, [WITHOUT_MODEL], tmp_path / "report.json"), [WITHOUT_MODEL])


def test_an_assertion_that_does_not_hold_is_seen(alone, pictures, tmp_path):
    with pytest.raises(AssertionError, match="expected response to have status code 200 but got 503"):
        run(alone, pictures, ["Pictures"], tmp_path / "report.json")
