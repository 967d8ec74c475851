"""`make up`: which profile it starts, and what it says, with a docker and an nvidia-smi that answer as told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER = """#!/bin/sh
case "$*" in
version*) [ -z "$ENGINE" ] || echo "Cannot connect to the Docker daemon." >&2; [ -z "$ENGINE" ] && echo 28.2 ;;
"compose version"*) echo "${COMPOSE:-2.29.1}" ;;
info*) echo "$RUNTIMES" ;;
*"config --images") printf 'ragam-gateway:1\\ntensorflow/serving:1%s\\n' "$(case "$*" in *gpu*) echo -gpu ;; esac)" ;;
"image ls"*) ;;
"image inspect"* | "manifest inspect"*) case " $HAS " in *" $3 "*) ;; *) exit 1 ;; esac ;;
"compose up"*) echo "STARTED $COMPOSE_PROFILES" ;;
"compose port"*) echo 127.0.0.1:5000 ;;
esac
"""
GPU = """#!/bin/sh
echo "$DRIVER"
"""
TOOLKIT = '{"nvidia": {}, "runc": {}}'
EVERYTHING = "python:3.11-slim tensorflow/serving:1 tensorflow/serving:1-gpu"


@pytest.fixture
def up(tmp_path):
    def run(**environ: str) -> subprocess.CompletedProcess[str]:
        for name, text in (("docker", DOCKER), ("nvidia-smi", GPU)):
            if name != "nvidia-smi" or "DRIVER" in environ:
                (tmp_path / name).write_text(text)
                (tmp_path / name).chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if name not in ("COMPOSE_PROFILES", "BASE_IMAGE")}
        variables = {**clean, "PATH": f"{tmp_path}:/usr/bin:/bin", **environ}
        return subprocess.run([sys.executable, ROOT / "up.py"], env=variables, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(
    ("here", "profile", "why"),
    [
        ({"DRIVER": "570.1", "RUNTIMES": TOOLKIT}, "gpu", "There is a GPU that containers may use."),
        ({"DRIVER": "570.1"}, "cpu", "NVIDIA's container toolkit is not installed"),
        ({"DRIVER": "535.8", "RUNTIMES": TOOLKIT}, "cpu", "The GPU's driver is 535.8"),
        ({}, "cpu", "No GPU was found"),
        ({"HAS": "python:3.11-slim"}, "embedded", "tensorflow/serving:1 is not here, and no registry has it"),
        ({"COMPOSE_PROFILES": "cpu,monitoring"}, "cpu,monitoring", "Starting the profile cpu,monitoring."),
    ],
)
def test_what_runs_here_is_started_and_told(up, here, profile, why):
    done = up(**{"HAS": EVERYTHING, **here})
    assert done.returncode == 0, done.stderr
    assert why in done.stdout
    assert f"STARTED {profile}\n" in done.stdout
    assert "at http://127.0.0.1:5000" in done.stdout


@pytest.mark.parametrize(
    ("here", "why"),
    [
        ({"ENGINE": "down"}, "No Docker engine answers: Cannot connect to the Docker daemon."),
        ({"COMPOSE": "1.29.2"}, "Docker Compose 2.24 or later is needed, and here is 1.29.2"),
        ({"HAS": ""}, "python:3.11-slim is not here, and no registry has it within 20 s. The gateway's image is built on it."),
    ],
)
def test_what_is_missing_is_told(up, here, why):
    done = up(**{"HAS": EVERYTHING, **here})
    assert done.returncode == 1
    assert why in done.stderr
    assert "make serve" in done.stderr
    assert "Traceback" not in done.stderr
    assert "STARTED" not in done.stdout
