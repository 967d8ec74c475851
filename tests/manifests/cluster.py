"""The objects that kustomize builds, and what the checks ask of them. A check yields one sentence for each thing that it finds wrong."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gateway.api.upload import most_body_bytes
from gateway.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# From requirements/dev.txt, pinned: what an older kubectl builds, or one that is not there, decides nothing.
KUBECTL = Path(sys.executable).with_name("kubectl")

OVERLAYS = sorted(folder.name for folder in (K8S / "overlays").iterdir())
COMPONENTS = sorted(folder.name for folder in (K8S / "components").iterdir())

# Where components mount Secrets.
SECRETS = "/run/secrets/"

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


class BuildError(Exception):
    """What kustomize says of a folder that cannot be built."""


def kustomize(folder: Path) -> str:
    """The YAML of `folder`. Raises BuildError."""
    if not KUBECTL.exists():
        raise BuildError(f"There is no {KUBECTL.name} beside {sys.executable}: install requirements/dev.txt.")
    run = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)
    # It warns of what it takes today and will not take tomorrow.
    if run.returncode or run.stderr:
        raise BuildError(run.stderr)
    return run.stdout


class Cluster:
    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.objects = objects

    @classmethod
    def build(cls, folder: Path) -> "Cluster":
        return cls(list(yaml.safe_load_all(kustomize(folder))))

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [entry for entry in self.objects if entry["kind"] in kinds]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Raises KeyError."""
        for entry in self.of(kind):
            if name_of(entry) == name:
                return entry
        raise KeyError(f"{kind} {name}")

    def has(self, kind: str, name: str) -> bool:
        return any(name_of(entry) == name for entry in self.of(kind))

    def deployments(self) -> list[dict[str, Any]]:
        return self.of("Deployment")

    def selected(self, selector: dict[str, str]) -> list[dict[str, Any]]:
        """The Deployments whose pods have all labels of `selector`."""
        return [entry for entry in self.deployments() if selector.items() <= labels(entry).items()]

    def scalers(self, deployment: str) -> list[dict[str, Any]]:
        return [
            entry for entry in self.of("HorizontalPodAutoscaler", "ScaledObject") if entry["spec"]["scaleTargetRef"]["name"] == deployment
        ]

    def replicas(self, deployment: dict[str, Any]) -> tuple[int, int]:
        """The least and the most pods of `deployment`."""
        for entry in self.scalers(name_of(deployment)):
            spec = entry["spec"]
            names = ("minReplicas", "maxReplicas") if entry["kind"] == "HorizontalPodAutoscaler" else ("minReplicaCount", "maxReplicaCount")
            return spec[names[0]], spec[names[1]]
        count = deployment["spec"].get("replicas", 1)
        return count, count

    def environment(self) -> dict[str, str]:
        """What the gateway's container finds in its environment."""
        [container] = containers(self.get("Deployment", "gateway"))
        values: dict[str, str] = {}
        for source in container.get("envFrom", []):
            values |= self.get("ConfigMap", source["configMapRef"]["name"])["data"]
        return values | {entry["name"]: entry["value"] for entry in container.get("env", [])}

    def settings(self) -> Settings:
        """But for the files of Secrets, which are not here. Raises SettingsError, as the gateway itself would."""
        return Settings.from_env({name: value for name, value in self.environment().items() if not value.startswith(SECRETS)})

    def largest_request(self) -> int:
        """Bytes of the largest request that the gateway takes."""
        return most_body_bytes(self.settings())

    def serving_flags(self) -> dict[str, str]:
        [container] = containers(self.get("Deployment", "serving"))
        return dict(entry.removeprefix("--").split("=", 1) for entry in container["args"])


def name_of(entry: dict[str, Any]) -> str:
    return str(entry["metadata"]["name"])


def template(deployment: dict[str, Any]) -> dict[str, Any]:
    return dict(deployment["spec"]["template"]["spec"])


def labels(deployment: dict[str, Any]) -> dict[str, str]:
    return dict(deployment["spec"]["template"]["metadata"]["labels"])


def containers(deployment: dict[str, Any]) -> list[dict[str, Any]]:
    spec = template(deployment)
    return [*spec.get("initContainers", []), *spec["containers"]]


def ports(deployment: dict[str, Any]) -> dict[str | int, int]:
    """The container's ports by name and by number."""
    found: dict[str | int, int] = {}
    for container in containers(deployment):
        for port in container.get("ports", []):
            found[port["containerPort"]] = found[port.get("name", port["containerPort"])] = port["containerPort"]
    return found


def probes(container: dict[str, Any]) -> Iterator[tuple[str, str | int, str]]:
    """Name, port and path of each probe; the path is empty where it is no question over HTTP."""
    for name in PROBES:
        probe = container.get(name, {})
        for kind in ("httpGet", "tcpSocket", "grpc"):
            if kind in probe:
                yield name, probe[kind]["port"], probe[kind].get("path", "")


def pre_stop_seconds(deployment: dict[str, Any]) -> int:
    return max(container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for container in containers(deployment))
