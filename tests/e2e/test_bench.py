"""make bench in short: what it starts, sends, checks and writes. No figure counts here."""

import json
import shutil
import subprocess
import sys

import pytest
from service import ROOT


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_ragam_alone_is_measured_against_the_limit(tmp_path):
    page = (ROOT / "docs" / "performance.md").read_bytes()
    options = ["--rounds=1", "--seconds=1", "--clients", "1", "--peers", "ragam", f"--out={tmp_path}"]
    command = [sys.executable, "-m", "benchmarks.bench", "compare", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "comparison.json").read_text())
    measured = {cell["kind"]: cell["peers"]["ragam"] for cell in data["cells"] if cell["peers"]}
    assert measured.keys() == {"small", "medium"}
    for figures in measured.values():
        assert figures["correct"] > 0
        assert figures["wrong"] == figures["errors"] == 0
        assert figures["processor_ms"] > 0
    assert data["peers"]["ragam"]["memory_mb"] > 100
    kinds = data["limit"]["kinds"]
    assert kinds["medium"]["decode_ms"] > kinds["small"]["decode_ms"] > kinds["pixel"]["decode_ms"] > 0
    assert data["limit"]["model_ms"] > data["limit"]["transport_ms"] > 0
    assert {file.name for file in tmp_path.iterdir()} == {"comparison.json", "comparison.md", "latency.png"}
    assert (ROOT / "docs" / "performance.md").read_bytes() == page
