"""CONTRIBUTING lists the files that an upload goes through, in order: what really runs is held to that list."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fake_serving import FakeServing, serve
from service import free_port

ROOT = Path(__file__).resolve().parents[2]
MOST = 12


@pytest.fixture(scope="module")
def calls():
    port = free_port()
    server = serve(FakeServing(), port)
    try:
        command = [sys.executable, Path(__file__).with_name("upload_way.py"), str(port), str(free_port())]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    finally:
        server.stop(None)
    found = json.loads(done.stdout)
    assert found["status"] == 200
    return found["calls"]


SECTION = (ROOT / "CONTRIBUTING.md").read_text().split("## The way of an upload")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def listed():
    return re.findall(r"^\d+\. `gateway/([\w./]+)`", SECTION, re.MULTILINE)


@pytest.fixture(scope="module")
def beside():
    """Files, and folders with a slash."""
    named = SECTION.split("Beside the way")[1].split("Below `front.py`")[0]
    return tuple(re.findall(r"`([\w./]+)`", named))


def test_what_runs_is_what_is_listed(calls, listed, beside):
    assert len(listed) <= MOST
    ran = {called for _, called in calls} | {"asgi.py"}
    assert {file for file in ran if not file.startswith(beside)} == set(listed)


def test_each_calls_downward_and_none_back(calls, listed):
    upward = [(a, b) for a, b in calls if a in listed and b in listed and listed.index(a) > listed.index(b)]
    assert upward == []
