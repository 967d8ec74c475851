"""The description against the real service: whatever Schemathesis sends, the answer is one that the description names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from service import ROOT

DESCRIPTION = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
EXAMPLES = 30
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "negative_data_rejection,positive_data_acceptance,missing_required_header,unsupported_method,allow_header_conformance"
)


def test_no_answer_breaks_the_description(service, tmp_path):
    before = len(service.processes[-1].text().splitlines())
    hooks = {"SCHEMATHESIS_HOOKS": "pictures_of_every_kind", "PYTHONPATH": str(Path(__file__).parent)}
    location = f"{service.address}/openapi.yaml"
    command = [sys.executable, "-m", "schemathesis.cli", "run", location, f"--url={service.address}", f"--checks={CHECKS}"]
    command += ["--seed=1", f"--max-examples={EXAMPLES}", "--no-color", f"--report-ndjson-path={tmp_path / 'events.ndjson'}"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **hooks}, capture_output=True, text=True, timeout=500, check=False)
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
