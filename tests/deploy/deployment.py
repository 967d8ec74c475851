"""The composed service on an engine, from outside: nothing of the product is imported."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import requests
from engine import Engine
from service import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVING = "serving-embedded"


class Deployment:
    """One project of Compose; `variables` are what a person would put into the shell or into .env."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.project = f"ragam-test-{os.getpid()}"
        self.label = f"--filter=label=com.docker.compose.project={self.project}"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.variables = {
            "COMPOSE_PROFILES": "embedded",
            "COMPOSE_PROJECT_NAME": self.project,
            "BASE_IMAGE": engine.base_image,
            "PUBLISH": f"127.0.0.1:{self.port}",
            "DOMAIN": "",
            "API_KEYS_FILE": "",
            "TLS_FOLDER": "",
        }

    def compose(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, **self.engine.environ, **self.variables, **variables}
        done = subprocess.run(
            ["docker", "compose", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:] + self.logs()
        return done

    def up(self, *arguments: str, **variables: str) -> None:
        self.compose("up", "--detach", "--wait", *arguments, **variables)

    def logs(self) -> str:
        ids = self.engine.docker("ps", "--all", "--quiet", self.label).stdout.split()
        return "".join(
            f"\n{name}\n{done.stdout[-3000:]}{done.stderr[-3000:]}" for name in ids for done in [self.engine.docker("logs", name)]
        )

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).stdout.split()

    def container(self, service: str) -> str:
        [name] = self.containers(service)
        return name

    def inspect(self, thing: str) -> dict[str, Any]:
        [found] = json.loads(self.engine.docker("inspect", thing).stdout)
        return found

    def python(self, container: str, code: str, *arguments: str) -> str:
        """What `code` prints, run by the container's own Python."""
        return self.engine.docker("exec", container, "python", "-c", code, *arguments).stdout.strip()

    def ip(self, container: str, network: str) -> str:
        return self.inspect(container)["NetworkSettings"]["Networks"][f"{self.project}_{network}"]["IPAddress"]

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def post(self, picture: bytes, **headers: str) -> requests.Response:
        return requests.post(f"{self.address}/prediction", files={"image": ("a.jpg", picture)}, headers=headers, timeout=30)

    def left(self) -> list[str]:
        """Whatever of this project the engine still has."""
        listings = (["ps", "--all"], ["network", "ls"], ["volume", "ls"])
        return [line for listing in listings for line in self.engine.docker(*listing, "--quiet", self.label).stdout.split()]
