"""docker-compose.yml where no engine has to start it, and what is only in its files of TensorFlow Serving and Prometheus."""

import json
import re
import subprocess
import threading
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
from cluster import ROOT, flags

from gateway.settings import Settings

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]


def test_every_container_is_confined() -> None:
    for name, options in SERVICES.items():
        assert (options["read_only"], options["cap_drop"], options["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"]), name
        assert options["mem_limit"], name
        assert {"max-size", "max-file"} <= set(options["logging"]["options"]), name
        assert all(re.match(r"\$\{PUBLISH\w*:-127\.0\.0\.1:", port) for port in options.get("ports", ())), name
    assert COMPOSE["networks"]["model"]["internal"]
    published = {"gateway", "grafana", "alertmanager", "edge"}
    assert {name for name, options in SERVICES.items() if "public" in options["networks"]} == published
    assert {name for name, options in SERVICES.items() if "cap_add" in options} == {"edge"}


def test_the_gateway_s_variables_are_settings_and_none_needs_to_be_set() -> None:
    named = {name for name in SERVICES["gateway"]["environment"] if name.startswith("RAGAM_")}
    assert named <= {f"RAGAM_{entry.name.upper()}" for entry in fields(Settings)}
    assert re.findall(r"\$\{\w+\}|(?<!\$)\$\w+", TEXT) == []
    # What `.env` says too is the same there, so that the file alone starts the same.
    assigned = dict(re.findall(r"^(\w+)=(.+)$", (ROOT / ".env").read_text(), re.MULTILINE))
    assert assigned.pop("COMPOSE_PROFILES") == "gpu"
    assert assigned.items() <= set(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))


@pytest.mark.parametrize(("state", "status"), [("AVAILABLE", 0), ("LOADING", 1)])
def test_the_healthcheck_of_tensorflow_serving(state: str, status: int) -> None:
    """Run by this machine's bash against a server that answers as TensorFlow Serving's REST port does."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"model_version_status": [{"version": "1", "state": state}]}).encode()
            self.send_response(200 if self.path == "/v1/models/painting_genre" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        first, *command = (word.replace("8501", str(server.server_port)) for word in SERVICES["serving-cpu"]["healthcheck"]["test"])
        try:
            assert first == "CMD"
            assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == status
        finally:
            server.shutdown()
            thread.join()


def test_prometheus_asks_services_that_there_are() -> None:
    config = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())
    jobs, [[alertmanager]] = config["scrape_configs"], [entry["static_configs"] for entry in config["alerting"]["alertmanagers"]]
    assert {target.partition(":")[0] for target in alertmanager["targets"]} <= SERVICES.keys()
    asked = {job["job_name"]: job["dns_sd_configs"][0] for job in jobs}
    assert all(set(found["names"]) <= SERVICES.keys() for found in asked.values())
    ports = {name: found["port"] for name, found in asked.items()}
    assert ports == {"gateway": 5000, "serving": int(flags(SERVICES["serving-cpu"]["command"])["rest_api_port"])}
    [path] = re.findall(r'path: "([^"]+)"', (ROOT / "model_repository" / "monitoring.config").read_text())
    assert {job["job_name"]: job["metrics_path"] for job in jobs} == {"gateway": "/metrics", "serving": path}
