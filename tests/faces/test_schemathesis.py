"""The description against the real service: whatever Schemathesis sends, the answer is one that the description names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from service import ROOT

DESCRIPTION = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
EXAMPLES = 60
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "negative_data_rejection,positive_data_acceptance,missing_required_header,unsupported_method,allow_header_conformance"
)


def schemathesis(location, service, folder, *options):
    hooks = {"SCHEMATHESIS_HOOKS": "pictures_of_every_kind", "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(location), f"--url={service.address}", f"--checks={CHECKS}"]
    command += ["--seed=1", f"--max-examples={EXAMPLES}", "--no-color", f"--report-ndjson-path={folder / 'events.ndjson'}", *options]
    return subprocess.run(command, cwd=folder, env={**os.environ, **hooks}, capture_output=True, text=True, timeout=500, check=False)


def test_no_answer_breaks_the_description(service, tmp_path):
    before = len(service.processes[-1].text().splitlines())
    done = schemathesis(f"{service.address}/openapi.yaml", service, tmp_path)
    assert done.returncode == 0, done.stdout
    lines = [json.loads(line) for line in service.processes[-1].text().splitlines()[before:]]
    answered = {(line["method"], line["path"], line["status"]) for line in lines if line["message"] == "request"}
    # It has to have come past the parsing, and not only to have been refused.
    for path, operations in DESCRIPTION["paths"].items():
        for method in operations:
            assert (method.upper(), path, 200) in answered
            if method == "post":
                assert (method.upper(), path, 400) in answered
    assert not [line for line in lines if line["level"] == "error"]


def test_a_breach_is_seen(service, tmp_path):
    other = json.loads(json.dumps(DESCRIPTION))
    other["components"]["schemas"]["Genre"]["properties"]["name"] = {"type": "integer"}
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(other))
    done = schemathesis(file, service, tmp_path, "--include-path=/genres")
    assert done.returncode == 1
    assert "Response violates schema" in done.stdout
