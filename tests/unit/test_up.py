"""`make up`: which profile it starts, and what it says, with a docker and an nvidia-smi that answer as told."""

import os
import subprocess
import sys

import pytest
from service import ROOT

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
TOOLKIT = '{"nvidia": {}, "runc": {}}'
EVERYTHING = "python:3.11-slim tensorflow/serving:1 tensorflow/serving:1-gpu"


@pytest.fixture
def up(tmp_path):
    def run(**environ: str) -> subprocess.CompletedProcess[str]:
        for name, text in (("docker", DOCKER), ("nvidia-smi", '#!/bin/sh\necho "$DRIVER"\n')):
            if name != "nvidia-smi" or "DRIVER" in environ:
                (tmp_path / name).write_text(text)
                (tmp_path / name).chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if name not in ("COMPOSE_PROFILES", "BASE_IMAGE")}
        variables = {**clean, "PATH": f"{tmp_path}:/usr/bin:/bin", **environ}
        return subprocess.run([sys.executable, ROOT / "up.py"], env=variables, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(
    ("here", "code", "told"),
    [
        ({"DRIVER": "570.1", "RUNTIMES": TOOLKIT}, 0, ["STARTED gpu\n", "There is a GPU that containers may use."]),
        ({"DRIVER": "570.1"}, 0, ["STARTED cpu\n", "NVIDIA's container toolkit is not installed"]),
        ({"DRIVER": "535.8", "RUNTIMES": TOOLKIT}, 0, ["STARTED cpu\n", "The GPU's driver is 535.8"]),
        ({}, 0, ["STARTED cpu\n", "No GPU was found", "at http://127.0.0.1:5000"]),
        ({"HAS": "python:3.11-slim"}, 0, ["STARTED embedded\n", "tensorflow/serving:1 is not here, and no registry has it"]),
        ({"COMPOSE_PROFILES": "cpu,monitoring"}, 0, ["STARTED cpu,monitoring\n"]),
        ({"ENGINE": "down"}, 1, ["No Docker engine answers: Cannot connect to the Docker daemon.", "make serve"]),
        ({"COMPOSE": "1.29.2"}, 1, ["Docker Compose 2.24 or later is needed, and here is 1.29.2", "make serve"]),
        ({"HAS": ""}, 1, ["python:3.11-slim is not here, and no registry has it within 20 s.", "make serve"]),
    ],
)
def test_what_runs_here_is_started_and_what_is_missing_is_told(up, here, code, told):
    done = up(**{"HAS": EVERYTHING, **here})
    assert done.returncode == code, done.stderr
    assert [text for text in told if text not in (done.stderr if code else done.stdout)] == []
    assert ("STARTED" in done.stdout) == (code == 0)
    assert "Traceback" not in done.stderr
