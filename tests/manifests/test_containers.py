"""docker-compose.yml, the Dockerfiles and what they name, as far as they can be held to something without an engine."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TENSORFLOW = PROJECT["tool"]["ragam"]["tensorflow"]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
DOCKERFILES = sorted(
    path.relative_to(ROOT) for folder in ("gateway", "model_server", "model_repository") for path in (ROOT / folder).glob("Dockerfile")
)
IGNORED = {".venv", "build", "node_modules"}
YAML_FILES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.yml", "*.yaml")
    for path in ROOT.rglob(pattern)
    if not IGNORED & set(path.relative_to(ROOT).parts)
)


def run(*command, **environ):
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def flags(service):
    """Name to value; what Compose fills in stands there as ${...}."""
    return dict(flag.split("=", 1) for flag in SERVICES[service]["command"])


@pytest.mark.parametrize("profile", ["gpu", "cpu", "embedded", "gpu,monitoring"])
def test_compose_takes_its_file(profile):
    if not shutil.which("docker") or run("docker", "compose", "version").returncode:
        pytest.skip("Docker Compose is not here; `make test-deploy` brings it")
    done = run("docker", "compose", "config", "--format=json", COMPOSE_PROFILES=profile)
    assert done.returncode == 0, done.stderr
    started = set(json.loads(done.stdout)["services"])
    expected = {"gateway", f"serving-{profile.split(',')[0]}"} | ({"prometheus", "grafana"} if "monitoring" in profile else set())
    assert started == expected


def test_the_compose_file_keeps_the_specification():
    done = run(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout


def test_hadolint_has_nothing_to_say():
    assert len(DOCKERFILES) == 3
    done = run(str(BIN / "hadolint"), *map(str, DOCKERFILES))
    assert (done.returncode, done.stdout) == (0, "")


def test_yamllint_has_nothing_to_say():
    assert Path("docker-compose.yml") in YAML_FILES
    done = run(str(BIN / "yamllint"), "--strict", *map(str, YAML_FILES))
    assert done.returncode == 0, done.stdout


def test_every_image_of_tensorflow_serving_is_the_one_version():
    files = [ROOT / "docker-compose.yml", ROOT / "docs" / "operations.md", *(ROOT / path for path in DOCKERFILES)]
    tags = [tag for path in files for tag in re.findall(r"tensorflow/serving:(\S+)", path.read_text())]
    assert len(tags) >= 4
    assert set(tags) == {TENSORFLOW, f"{TENSORFLOW}-gpu"}


def test_the_project_s_own_images_are_of_its_version():
    version = PROJECT["project"]["version"]
    for path in DOCKERFILES:
        assert re.findall(r"^ARG VERSION=(\S+)", (ROOT / path).read_text(), re.MULTILINE) == [version]
    assert set(re.findall(r"\$\{VERSION:-([^}]*)\}", COMPOSE_TEXT)) == {version}


@pytest.mark.parametrize("path", DOCKERFILES, ids=str)
def test_a_dockerfile_needs_no_registry_but_for_its_base(path):
    text = (ROOT / path).read_text()
    assert "syntax=" not in text
    assert "<<" not in text
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert bases <= {"${BASE_IMAGE}", "${SERVING_IMAGE}"}
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_confined(service):
    options = SERVICES[service]
    assert (options["read_only"], options["cap_drop"], options["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert options["restart"] == "unless-stopped"
    assert options["mem_limit"]
    assert {"max-size", "max-file"} <= set(options["logging"]["options"])
    for port in options.get("ports", ()):
        assert re.match(r"\$\{PUBLISH\w*:-127\.0\.0\.1:", port)


def test_only_the_gateway_and_the_dashboards_leave_the_internal_network():
    assert COMPOSE["networks"]["model"]["internal"]
    assert {name for name, options in SERVICES.items() if "public" in options["networks"]} == {"gateway", "grafana"}


def test_the_profiles_serve_alike():
    gpu, cpu, embedded = (flags(f"serving-{name}") for name in ("gpu", "cpu", "embedded"))
    assert set(gpu) - set(cpu) == {"--per_process_gpu_memory_fraction"}
    assert {name: gpu[name] for name in cpu} == cpu
    shared = set(embedded) & set(cpu)
    assert {name: embedded[name] for name in shared} == {name: cpu[name] for name in shared}
    assert set(embedded) <= set(cpu)
    [command] = re.findall(r"^CMD (\[.*\])$", (ROOT / "model_repository" / "Dockerfile").read_text().replace("\\\n", ""), re.MULTILINE)
    # The image of a cluster: the same, TLS is the cluster's to add, and its configuration never changes.
    others = {"--ssl_config_file", "--model_config_file_poll_wait_seconds"}
    assert dict(flag.split("=", 1) for flag in json.loads(command)) == {k: v for k, v in cpu.items() if k not in others}


def test_every_variable_has_a_default():
    variables = set(re.findall(r"\$\{(\w+)[^}]*\}", COMPOSE_TEXT))
    assert len(variables) >= 8
    bare = set(re.findall(r"\$\{(\w+)\}", COMPOSE_TEXT)) | set(re.findall(r"(?<!\$)\$(\w+)", COMPOSE_TEXT))
    assert bare == set()
    assigned = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env").read_text(), re.MULTILINE))
    assert assigned.pop("COMPOSE_PROFILES") == "gpu"
    assert set(assigned) <= variables
    # What stands in both is the same, so that the file alone starts the same.
    assert {name: value for name, value in re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE_TEXT) if assigned.get(name)} == {
        name: value for name, value in assigned.items() if value
    }


@pytest.mark.parametrize(("state", "status"), [("AVAILABLE", 0), ("LOADING", 1), (None, 1)])
def test_the_healthcheck_of_tensorflow_serving(state, status):
    """Run by this machine's bash against a server that answers as TensorFlow Serving's REST port does; without a state: nobody."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"model_version_status": [{"version": "1", "state": state}]}).encode()
            self.send_response(200 if self.path == "/v1/models/painting_genre" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_port
        if state is None:
            server.shutdown()
            server.server_close()
        first, *command = [word.replace("8501", str(port)) for word in SERVICES["serving-cpu"]["healthcheck"]["test"]]
        assert first == "CMD"
        assert SERVICES["serving-gpu"]["healthcheck"]["test"] == SERVICES["serving-cpu"]["healthcheck"]["test"]
        try:
            assert subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == status
        finally:
            server.shutdown()
            thread.join()


def test_prometheus_asks_services_that_there_are():
    jobs = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())["scrape_configs"]
    for job in jobs:
        for found in job["dns_sd_configs"]:
            assert set(found["names"]) <= set(SERVICES)
    ports = {job["job_name"]: job["dns_sd_configs"][0]["port"] for job in jobs}
    assert ports == {"gateway": 5000, "serving": int(flags("serving-cpu")["--rest_api_port"])}
    path = re.search(r'path: "([^"]+)"', (ROOT / "model_repository" / "monitoring.config").read_text())[1]
    assert [job["metrics_path"] for job in jobs] == ["/metrics", path]
