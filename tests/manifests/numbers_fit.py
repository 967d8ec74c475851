"""That figures which stand in different files go together."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cluster import Cluster, containers, name_of, pre_stop_seconds, template
from prometheus_client import REGISTRY

from gateway.capacity import worker_bytes

_SUFFIXES = {"": Decimal(1), "m": Decimal("0.001"), **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)}}
_SUFFIXES |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)")

# gunicorn's master, and what lies in /tmp, which is memory.
BESIDE_WORKERS_BYTES = 200_000_000

# gRPC scatters connections' ages by a tenth, and a cluster's DNS keeps an address for five seconds.
AGE_SCATTER = 1.1
DNS_SECONDS = 5


def quantity(text: object) -> Decimal:
    """Kubernetes' notation: 500m, 1.5, 2Gi. Raises ValueError."""
    match = _QUANTITY.fullmatch(str(text))
    if not match or match[2] not in _SUFFIXES:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def quantities(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        for container in containers(deployment):
            resources: dict[str, dict[str, Any]] = container.get("resources", {})
            try:
                asked, most = ({key: quantity(text) for key, text in resources.get(kind, {}).items()} for kind in ("requests", "limits"))
                [quantity(volume["emptyDir"]["sizeLimit"]) for volume in template(deployment)["volumes"] if "emptyDir" in volume]
            except ValueError as error:
                yield f"{name_of(deployment)}: {error}"
                continue
            yield from (
                f"{name_of(deployment)} asks for more {key} than its limit" for key in asked.keys() & most.keys() if asked[key] > most[key]
            )
            if any(value <= 0 for value in (*asked.values(), *most.values())):
                yield f"{name_of(deployment)} asks for nothing"


def scaling(cluster: Cluster) -> Iterator[str]:
    for scaler in cluster.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = scaler["spec"]["scaleTargetRef"]["name"]
        if not cluster.has("Deployment", target):
            yield f"{scaler['kind']} {name_of(scaler)} scales {target}, which is no Deployment"
            continue
        deployment = cluster.get("Deployment", target)
        if len(cluster.scalers(target)) != 1:
            yield f"{target} is scaled by two"
        if "replicas" in deployment["spec"]:
            yield f"{target} has replicas, which every apply sets back"
        least, most = cluster.replicas(deployment)
        if not 2 <= least <= most:
            yield f"{scaler['kind']} {name_of(scaler)} goes from {least} to {most}"
        if scaler["kind"] == "HorizontalPodAutoscaler" and "cpu" not in containers(deployment)[0].get("resources", {}).get("requests", {}):
            yield f"{target} is scaled by its share of a processor request that it has not"


def prometheus_trigger(cluster: Cluster) -> Iterator[str]:
    settings = cluster.settings()
    known = {sample for family in REGISTRY.collect() for sample in (family.name, *(entry.name for entry in family.samples))}
    for scaler in cluster.of("ScaledObject"):
        triggers = [trigger["metadata"] for trigger in scaler["spec"]["triggers"] if trigger["type"] == "prometheus"]
        if not triggers:
            yield f"ScaledObject {name_of(scaler)} asks Prometheus nothing"
        for metadata in triggers:
            unknown = set(re.findall(r"\bragam_\w+", metadata["query"])) - known
            if unknown or not re.search(r"\bragam_\w+", metadata["query"]):
                yield f"ScaledObject {name_of(scaler)} asks for {sorted(unknown)}, which the gateway does not export"
            if not all(isinstance(value, str) for value in metadata.values()):
                yield f"ScaledObject {name_of(scaler)}: KEDA takes strings only"
            if not 0 < float(metadata["threshold"]) < settings.workers * settings.threads:
                yield f"ScaledObject {name_of(scaler)} waits for more requests than a gateway can hold"
        fallback = scaler["spec"]["fallback"]["replicas"]
        if not scaler["spec"]["minReplicaCount"] <= fallback <= scaler["spec"]["maxReplicaCount"]:
            yield f"ScaledObject {name_of(scaler)} falls back to {fallback}"


def disruption(cluster: Cluster) -> Iterator[str]:
    for budget in cluster.of("PodDisruptionBudget"):
        spec = budget["spec"]
        for deployment in cluster.selected(spec["selector"]["matchLabels"]):
            least, _ = cluster.replicas(deployment)
            away = spec["maxUnavailable"] if "maxUnavailable" in spec else least - spec["minAvailable"]
            if not 1 <= away < least:
                yield f"PodDisruptionBudget {name_of(budget)} lets {away} of {least} go"
    for deployment in cluster.deployments():
        if not any(
            cluster.selected(budget["spec"]["selector"]["matchLabels"]) == [deployment] for budget in cluster.of("PodDisruptionBudget")
        ):
            yield f"{name_of(deployment)} has no PodDisruptionBudget"


def rollout(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        step = deployment["spec"]["strategy"]["rollingUpdate"]
        on_gpu = any("nvidia.com/gpu" in container["resources"].get("limits", {}) for container in containers(deployment))
        if step != ({"maxUnavailable": 1, "maxSurge": 0} if on_gpu else {"maxUnavailable": 0, "maxSurge": 1}):
            yield f"{name_of(deployment)} rolls out by {step}"


def endings(cluster: Cluster) -> Iterator[str]:
    settings = cluster.settings()
    gateway, serving = cluster.get("Deployment", "gateway"), cluster.get("Deployment", "serving")
    if pre_stop_seconds(gateway) < DNS_SECONDS:
        yield "the gateway's preStop is too short for the proxies to hear of it"
    if template(gateway)["terminationGracePeriodSeconds"] <= pre_stop_seconds(gateway) + settings.grace_seconds:
        yield "the gateway is killed before RAGAM_GRACE_SECONDS have passed"
    age = re.search(r"grpc\.max_connection_age_ms=(\d+)", cluster.serving_flags().get("grpc_channel_arguments", ""))
    if not age:
        yield "serving keeps its connections for ever, so new pods get no calls"
        return
    leaving = DNS_SECONDS + int(age[1]) / 1000 * AGE_SCATTER + settings.predict_seconds
    if pre_stop_seconds(serving) < leaving:
        yield f"serving ends after {pre_stop_seconds(serving)} s, and the last call may take until {leaving:.0f} s"
    if template(serving)["terminationGracePeriodSeconds"] <= pre_stop_seconds(serving):
        yield "serving is killed within its preStop"


def gateway_s_size(cluster: Cluster) -> Iterator[str]:
    settings = cluster.settings()
    gateway = cluster.get("Deployment", "gateway")
    try:
        [resources] = [
            {kind: {key: quantity(text) for key, text in entry.items()} for kind, entry in c["resources"].items()}
            for c in containers(gateway)
        ]
    except (ValueError, KeyError):
        return  # quantities and probes_and_resources say so
    if resources.get("requests", {}).get("cpu", 0) < settings.workers:
        yield f"{settings.workers} workers share less than a processor each"
    needed = BESIDE_WORKERS_BYTES + settings.workers * worker_bytes(1, settings.max_buffered_bytes)
    if resources.get("limits", {}).get("memory", 0) < needed:
        yield f"{settings.workers} workers may take {needed:,} bytes, more than the gateway's limit"
    _, most = cluster.replicas(gateway)
    at_a_time = most * settings.workers * settings.threads
    if int(cluster.serving_flags().get("grpc_max_threads", 0)) < at_a_time:
        yield f"{at_a_time} calls may come at a time, more than --grpc_max_threads"
