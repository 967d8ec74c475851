"""Starts the service in containers, with the model server that can run here: `make up`.

    python3 up.py [an argument of `docker compose up` ...]

Looks for a Docker engine with Compose, for a GPU that containers may use, and for a registry, says what it found, and starts one of the
profiles gpu, cpu and embedded of docker-compose.yml. Where COMPOSE_PROFILES of the shell or of .env says another than gpu, which .env says
from the start, that is started. Returns once a picture would be answered. It needs no package: this is the first that runs on a machine.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPOSE = (2, 24)
# The driver that came with CUDA 12.5, which TensorFlow Serving's image is built with.
DRIVER = 555
# A machine without a way out may leave its question unanswered.
REGISTRY_SECONDS = 20
INSTEAD = "Without containers: make serve."


class CannotStart(Exception):
    """Why not, and what to do, in a few sentences."""


def main(arguments: list[str]) -> None:
    _need_docker()
    profiles = os.environ.get("COMPOSE_PROFILES") or _profiles_of_the_file() or _chosen()
    build = _build_options()
    print(
        f"Starting the profile {profiles}. The first time the gateway's image is built, which takes minutes; Docker shows each step.",
        flush=True,
    )
    start = time.monotonic()
    environ = {**os.environ, "COMPOSE_PROFILES": profiles}
    command = ["docker", "compose", "up", *build, "--detach", "--wait", *arguments]
    if code := subprocess.run(command, cwd=HERE, env=environ, check=False).returncode:
        raise CannotStart(
            f"`docker compose up` ended with exit code {code}; what it says stands above. The servers' logs: docker compose logs"
        )
    address = _out("docker", "compose", "port", "gateway", "5000") or "the port that PUBLISH names"
    print(f"Ready after {time.monotonic() - start:.0f} s, at http://{address}")
    print(f"For other commands of Compose put COMPOSE_PROFILES={profiles} into .env, or into the shell.")


def _need_docker() -> None:
    if not shutil.which("docker"):
        raise CannotStart(f"There is no `docker` here: install Docker Engine with Compose. {INSTEAD}")
    engine = _run("docker", "version", "--format", "{{.Server.Version}}")
    if engine.returncode:
        raise CannotStart(f"No Docker engine answers: {_last(engine.stderr)}\nStart it, or let this user use it. {INSTEAD}")
    version = _out("docker", "compose", "version", "--short")
    found = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if found < COMPOSE:
        wanted = ".".join(map(str, COMPOSE))
        raise CannotStart(
            f"Docker Compose {wanted} or later is needed, and here is {version or 'none'}: install Docker's plugin compose. {INSTEAD}"
        )


def _profiles_of_the_file() -> str:
    """Empty where it says what it says from the start."""
    found = re.search(r"^COMPOSE_PROFILES=(\S+)", (HERE / ".env").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found and found[1] != "gpu" else ""


def _chosen() -> str:
    """The profile that runs here. Says why."""
    if platform.machine() not in ("x86_64", "AMD64"):
        print(f"TensorFlow Serving's image is for x86-64 alone, and this is {platform.machine()}. So the project's own model server runs.")
        return "embedded"
    obstacle = _no_gpu() or _not_to_be_had(_serving_image("gpu"))
    if not obstacle:
        print("There is a GPU that containers may use. So TensorFlow Serving runs on it.")
        return "gpu"
    missing = _not_to_be_had(_serving_image("cpu"))
    if not missing:
        print(f"{obstacle} So TensorFlow Serving runs on the processor.")
        return "cpu"
    print(f"{obstacle} {missing} So the project's own model server is built and runs.")
    return "embedded"


def _no_gpu() -> str:
    """What is missing for TensorFlow Serving on a GPU, in a sentence; empty where nothing is."""
    if not shutil.which("nvidia-smi"):
        return "No GPU was found: there is no nvidia-smi."
    driver = _out("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader").partition("\n")[0]
    major = re.match(r"\d+", driver)
    if not major:
        return "No GPU was found: nvidia-smi finds none."
    if int(major[0]) < DRIVER:
        return f"The GPU's driver is {driver}, and TensorFlow Serving's image needs {DRIVER} (CUDA 12.5) or later."
    toolkit = "nvidia" in _out("docker", "info", "--format", "{{json .Runtimes}}") or shutil.which("nvidia-container-runtime-hook")
    return "" if toolkit else "There is a GPU, but containers may not use it: NVIDIA's container toolkit is not installed."


def _serving_image(profile: str) -> str:
    images = _out("docker", "compose", "--profile", profile, "config", "--images", COMPOSE_PROFILES="")
    return next(image for image in images.splitlines() if image.startswith("tensorflow/"))


def _build_options() -> list[str]:
    """Images are built anew, in seconds where nothing changed; without what they are built on those of before are started."""
    missing = _not_to_be_had(os.environ.get("BASE_IMAGE") or "python:3.11-slim")
    if not missing:
        return ["--build"]
    if _out("docker", "image", "ls", "--quiet", "ragam-gateway"):
        print(f"{missing} So the images that were built before are started.")
        return []
    raise CannotStart(
        f"{missing} The gateway's image is built on it. "
        f"Load it (docker load), or name another image with Python 3.11: BASE_IMAGE=... make up. {INSTEAD}"
    )


def _not_to_be_had(image: str) -> str:
    """A sentence where neither the engine has it nor a registry."""
    if not _run("docker", "image", "inspect", image).returncode or not _run("docker", "manifest", "inspect", image).returncode:
        return ""
    return f"{image} is not here, and no registry has it within {REGISTRY_SECONDS} s."


def _out(*command: str, **environ: str) -> str:
    done = _run(*command, **environ)
    return "" if done.returncode else done.stdout.strip()


def _run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=HERE, env={**os.environ, **environ}, capture_output=True, text=True, timeout=REGISTRY_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"`{' '.join(command)}` has no answer within {REGISTRY_SECONDS} s.")


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotStart as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
