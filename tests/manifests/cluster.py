"""The objects of a cluster, as `kubectl kustomize` prints them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from gateway.settings import Settings

ROOT = Path(__file__).resolve().parents[2]

# The Deployments that answer; the others are there for a while.
SERVERS = ("gateway", "serving")
# Where components mount Secrets.
SECRETS = "/run/secrets/"
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


class Cluster:
    def __init__(self, text: str) -> None:
        self.objects: list[dict[str, Any]] = list(yaml.safe_load_all(text))
        self.pods: dict[str, dict[str, Any]] = {name_of(entry): entry["spec"]["template"] for entry in self.of("Deployment", "Job")}

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [entry for entry in self.objects if entry["kind"] in kinds]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Raises ValueError."""
        [entry] = [entry for entry in self.of(kind) if name_of(entry) == name]
        return entry

    def names(self, *kinds: str) -> set[str]:
        return {name_of(entry) for entry in self.of(*kinds)}

    def selected(self, selector: dict[str, str]) -> list[str]:
        """The Deployments and Jobs whose pods have all labels of `selector`."""
        return [name for name, pod in self.pods.items() if selector.items() <= pod["metadata"]["labels"].items()]

    def pod(self, name: str) -> dict[str, Any]:
        spec: dict[str, Any] = self.pods[name]["spec"]
        return spec

    def container(self, name: str) -> dict[str, Any]:
        """The one container of a Deployment's or Job's pods. Raises ValueError."""
        [container] = self.pod(name)["containers"]
        assert isinstance(container, dict)
        return container

    def ports(self, name: str) -> dict[str | int, int]:
        """The ports of a Deployment's container, by name and by number."""
        numbers = {entry["name"]: entry["containerPort"] for entry in self.container(name)["ports"]}
        return {**numbers, **{number: number for number in numbers.values()}}

    def replicas(self, name: str) -> tuple[int, int]:
        """The least and the most pods of a Deployment. Raises ValueError where not exactly one object says them."""
        found = [
            (spec.get("minReplicas", spec.get("minReplicaCount")), spec.get("maxReplicas", spec.get("maxReplicaCount")))
            for spec in (entry["spec"] for entry in self.of("HorizontalPodAutoscaler", "ScaledObject"))
            if spec["scaleTargetRef"]["name"] == name
        ]
        count = self.get("Deployment", name)["spec"].get("replicas")
        [(least, most)] = found + ([(count, count)] if count is not None else [])
        return least, most

    def environment(self) -> dict[str, str]:
        """What the gateway's container finds in its environment."""
        container = self.container("gateway")
        values: dict[str, str] = {}
        for source in container["envFrom"]:
            values |= self.get("ConfigMap", source["configMapRef"]["name"])["data"]
        return values | {entry["name"]: entry["value"] for entry in container.get("env", [])}

    def settings(self) -> Settings:
        """But for the files of Secrets, which are not here. Raises SettingsError, as the gateway itself would."""
        return Settings.from_env({name: value for name, value in self.environment().items() if not value.startswith(SECRETS)})


def name_of(entry: dict[str, Any]) -> str:
    name: str = entry["metadata"]["name"]
    return name


def flags(words: Iterable[str]) -> dict[str, str]:
    return dict(word.removeprefix("--").partition("=")[::2] for word in words)


def pre_stop_seconds(container: dict[str, Any]) -> int:
    seconds: int = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    return seconds


def window_seconds(probe: dict[str, Any]) -> int:
    """How long a probe waits before it takes its container for broken."""
    return int(probe["periodSeconds"] * probe["failureThreshold"])
