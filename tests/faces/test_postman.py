"""The collections as they are shipped, run by newman against the real service: one variable is set, and every assertion holds."""

import json
import subprocess
from pathlib import Path

import pytest
import requests
from service import ROOT, Service, wait_until

NEWMAN = Path(__file__).with_name("node_modules") / ".bin" / "newman"
POSTMAN = ROOT / "postman"
COLLECTION = POSTMAN / "ragam.postman_collection.json"
WITHOUT_MODEL = POSTMAN / "without_model_server" / "ragam_without_model_server.postman_collection.json"


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


def run(service, collection, report, *options):
    """What newman says of `collection`: its report, every failure in a line."""
    if not NEWMAN.exists():
        pytest.fail("newman is not here: `make test-faces` installs it", pytrace=False)
    command = [NEWMAN, "run", collection, "--env-var", f"baseUrl={service.address}", *options]
    command += ["--reporters", "json", "--reporter-json-export", report]
    done = subprocess.run(command, cwd=POSTMAN, capture_output=True, text=True, timeout=300, check=False)
    outcome = json.loads(report.read_text())["run"]
    failures = [f"{failure['source'].get('name')}: {failure['error']['message']}" for failure in outcome["failures"]]
    assert not failures, "\n".join(failures)
    assert done.returncode == 0, done.stderr
    return outcome


def check(outcome, collection):
    entries = json.loads(collection.read_text())["item"]
    names = [item["name"] for entry in entries for item in entry.get("item", [entry])]
    assert [execution["item"]["name"] for execution in outcome["executions"]] == names
    # Each request has assertions of its own, beside the collection's.
    assert all(len(execution["assertions"]) >= 2 for execution in outcome["executions"])


def test_every_request_against_the_service(service, tmp_path):
    check(run(service, COLLECTION, tmp_path / "report.json"), COLLECTION)


def test_every_request_without_the_model_server(alone, tmp_path):
    check(run(alone, WITHOUT_MODEL, tmp_path / "report.json"), WITHOUT_MODEL)
