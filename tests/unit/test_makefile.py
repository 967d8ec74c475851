"""What make installs, and when: the project's own Makefile over a Python that only writes down what it is asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """#!/bin/sh
echo "$@" >> asked
"""


@pytest.fixture
def tree(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    for name in ("dev", "gateway", "model_server"):
        (tmp_path / "requirements" / f"{name}.txt").touch()
        os.utime(tmp_path / "requirements" / f"{name}.txt", (1000, 1000))
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def make(tree, target):
    """What the Python was asked by one run, a line each."""
    (tree / "asked").unlink(missing_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "--silent", target], cwd=tree, env=environ, check=True, capture_output=True)
    return (tree / "asked").read_text().splitlines() if (tree / "asked").exists() else []


def installed(tree, target):
    return [line.rpartition("/")[2] for line in make(tree, target) if line.startswith("-m pip install")]


def stamp(tree, seconds):
    (tree / ".venv" / ".dev").touch()
    os.utime(tree / ".venv" / ".dev", (seconds, seconds))


def test_serve_installs_what_it_needs_once_and_runs(tree):
    assert installed(tree, "serve") == ["model_server.txt"]
    assert make(tree, "serve") == ["serve.py"]


def test_where_dev_is_installed_nothing_is_missing(tree):
    stamp(tree, 2000)
    assert installed(tree, "serve") == []


def test_what_changed_since_dev_was_installed_is_installed(tree):
    stamp(tree, 2000)
    os.utime(tree / "requirements" / "model_server.txt", (3000, 3000))
    assert installed(tree, "serve") == ["model_server.txt"]
    assert installed(tree, "serve") == []
