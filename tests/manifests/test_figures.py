"""Figures that stand in different places go together: times, sizes, numbers of pods. An API server refuses few of them."""

import math
import os
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from cluster import PROBES, ROOT, SERVERS, Cluster, flags, pre_stop_seconds, window_seconds
from prometheus_client import REGISTRY

import gateway.telemetry.metrics  # noqa: F401 - REGISTRY has its metrics
from benchmarks.capacity import COLUMNS, Inputs, gateway_rate, gateways_for_a_serving_pod, plan, row
from gateway.capacity import THREADS, held_bytes, worker_bytes
from gateway.settings import Settings
from training.cluster import from_environment

# gunicorn's master, and what lies in /tmp, which is memory.
BESIDE_WORKERS_BYTES = 200_000_000

# gRPC scatters connections' ages by a tenth, and a cluster's DNS keeps an address for five seconds.
AGE_SCATTER = 1.1
DNS_SECONDS = 5

# What the only node of a kind cluster asks for itself: of two cores the rest is there for pods.
KIND_CORES = Decimal("0.95")
# A gateway's start on a node that has its image, generously.
GATEWAY_START_SECONDS = 30

UNITS = {"": Decimal(1), "m": Decimal("0.001"), "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def quantity(text: object) -> Decimal:
    """Kubernetes' notation, as far as it is used here: 4, 500m, 2Gi. Raises ValueError, KeyError."""
    [(number, unit)] = re.findall(r"^([0-9]+)([A-Za-z]*)$", str(text))
    return Decimal(number) * UNITS[unit]


def test_pods_end_after_their_last_answer(cluster: Cluster) -> None:
    settings, serving_flags = cluster.settings(), flags(cluster.container("serving")["args"])
    gateway, serving = (pre_stop_seconds(cluster.container(name)) for name in ("gateway", "serving"))
    assert gateway >= DNS_SECONDS, "too short for the proxies to hear of it"
    assert cluster.pod("gateway")["terminationGracePeriodSeconds"] > gateway + settings.grace_seconds
    # TensorFlow Serving does not drain: by its end every gateway's connection must have been made again, to others.
    [age] = re.findall(r"grpc\.max_connection_age_ms=(\d+)", serving_flags["grpc_channel_arguments"])
    assert serving >= DNS_SECONDS + int(age) / 1000 * AGE_SCATTER + settings.predict_seconds
    assert cluster.pod("serving")["terminationGracePeriodSeconds"] > serving
    assert cluster.pod("serving")["shareProcessNamespace"], "as the first process of its container it does not hear SIGTERM"


def test_the_gateway_s_pods_have_room_for_its_settings(cluster: Cluster) -> None:
    settings, resources = cluster.settings(), cluster.container("gateway")["resources"]
    assert quantity(resources["requests"]["cpu"]) >= settings.workers
    assert quantity(resources["limits"]["memory"]) >= needed_bytes(settings)
    at_a_time = cluster.replicas("gateway")[1] * settings.workers * THREADS
    assert int(flags(cluster.container("serving")["args"])["grpc_max_threads"]) >= at_a_time, "calls beyond it fail"


def needed_bytes(settings: Settings) -> int:
    return BESIDE_WORKERS_BYTES + settings.workers * worker_bytes(1, held_bytes(settings.max_upload_bytes))


def surge(cluster: Cluster, name: str, replicas: int) -> int:
    """How many pods a rollout may have beside `replicas`: of a percentage rounded up."""
    value = cluster.get("Deployment", name)["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    return math.ceil(replicas * int(value.removesuffix("%")) / 100) if isinstance(value, str) else int(value)


@pytest.mark.parametrize("place", ["cpu", "gpu", "every"])
def test_a_rollout_ends_and_takes_from_nobody_what_answers(built: dict[str, str], place: str) -> None:
    cluster = Cluster(built[place])
    for name in SERVERS:
        step = cluster.get("Deployment", name)["spec"]["strategy"]["rollingUpdate"]
        if "nvidia.com/gpu" in cluster.container(name)["resources"]["limits"]:
            assert step == {"maxUnavailable": 1, "maxSurge": 0}, "of as many devices as pods one that came first would wait for ever"
        else:
            assert (step["maxUnavailable"], surge(cluster, name, 1) >= 1) == (0, True)
        # None, and the drain of a node never ends; more, and it takes all that answer.
        assert cluster.get("PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1


def test_no_rollout_is_given_up_while_its_pods_start(cluster: Cluster) -> None:
    windows = {name: window_seconds(cluster.container(name)["startupProbe"]) for name in SERVERS}
    assert windows["gateway"] > windows["serving"], "a gateway starts once the model answers"
    for name, window in windows.items():
        spec = cluster.get("Deployment", name)["spec"]
        assert spec["progressDeadlineSeconds"] > window + spec.get("minReadySeconds", 0)
    # Gateways that change to TLS reach model servers of their own kind alone: both kinds answer until the last has changed.
    most = cluster.replicas("gateway")[1]
    steps = math.ceil(most / surge(cluster, "gateway", most))
    assert cluster.get("Deployment", "serving")["spec"]["minReadySeconds"] >= steps * GATEWAY_START_SECONDS
    # Away from the balancer only while it is not alive: all of them answer 503 while the model server is away.
    asked = {kind: cluster.container("gateway")[kind]["httpGet"]["path"] for kind in PROBES}
    assert asked == {"startupProbe": "/readyz", "readinessProbe": "/healthz", "livenessProbe": "/healthz"}


def test_small_is_two_cores_in_all(built: dict[str, str]) -> None:
    cluster, cores = Cluster(built["small"]), Decimal(0)
    for name in SERVERS:
        cores += quantity(cluster.container(name)["resources"]["requests"]["cpu"]) * (1 + surge(cluster, name, 1))
    assert cores + KIND_CORES <= 2
    assert quantity(cluster.container("gateway")["resources"]["limits"]["memory"]) >= needed_bytes(cluster.settings())


def test_the_jobs_pods_are_those_that_their_commands_count_on(built: dict[str, str], tmp_path: Path, monkeypatch) -> None:
    cluster = Cluster(built["every"])
    spec, container = cluster.get("Job", "bulk")["spec"], cluster.container("bulk")
    assert {entry["name"]: entry["value"] for entry in container["env"]} == {"SHARDS": str(spec["completions"])}
    assert (spec["completionMode"], spec["podReplacementPolicy"]) == ("Indexed", "Failed"), "two pods would find the CSV locked"
    spec, container = cluster.get("Job", "training")["spec"], cluster.container("training")
    assert spec["completions"] == spec["parallelism"] == int({entry["name"]: entry["value"] for entry in container["env"]}["WORKERS"])
    assert spec["podReplacementPolicy"] == "Failed", "two pods would have one name"
    service = cluster.get("Service", cluster.pod("training")["subdomain"])["spec"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)
    # Every worker is told of the others: what the container's command would start, with the command in its place.
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "dataset.json").write_text("{}")
    (tmp_path / "python").write_text('#!/bin/sh\nprintf %s "$TF_CONFIG"\n')
    (tmp_path / "python").chmod(0o755)
    for index in range(spec["completions"]):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "WORKERS": str(spec["completions"]), "JOB_COMPLETION_INDEX": str(index)}
        command = [*container["command"], *container["args"]]
        told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
        monkeypatch.setenv("TF_CONFIG", told)
        found = from_environment()
        ports = {f"{entry['port']}" for entry in service["ports"]}
        assert [address.rpartition(":")[::2] for address in found.workers] == [
            (f"training-{number}.training", port) for number in range(spec["completions"]) for port in ports
        ]
        assert found.index == index


def test_the_gateways_are_scaled_by_what_is_measured(cluster: Cluster) -> None:
    [scaler] = cluster.of("HorizontalPodAutoscaler", "ScaledObject")
    spec = scaler["spec"]
    if scaler["kind"] == "HorizontalPodAutoscaler":
        [metric] = spec["metrics"]
        assert metric["resource"]["name"] in cluster.container("gateway")["resources"]["requests"]
        return
    known = {sample for family in REGISTRY.collect() for sample in (family.name, *(entry.name for entry in family.samples))}
    [trigger] = spec["triggers"]
    assert trigger["type"] == "prometheus"
    assert all(isinstance(value, str) for value in trigger["metadata"].values()), "KEDA takes strings only"
    named = set(re.findall(r"\bragam_\w+", trigger["metadata"]["query"]))
    assert named
    assert named <= known
    settings = cluster.settings()
    assert 0 < float(trigger["metadata"]["threshold"]) < settings.workers * THREADS
    assert spec["minReplicaCount"] <= spec["fallback"]["replicas"] <= spec["maxReplicaCount"]


def test_the_tables_in_the_docs_are_the_capacity_model_s() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    for load in (10, 1000, 100_000):
        found = plan(load, Inputs())
        assert row(f"{load:,.0f}", *(f"{getattr(found, name):,.{digits}f}" for name, digits in COLUMNS.values())) in page
    costs = re.findall(r"^\| (\d+ x \d+ \w+) \|.*?\| ([\d,]+) \| [\d,]+ \| ([\d.]+) \| ([\d,]+) \|$", page, re.MULTILINE)
    assert len(costs) == 5
    for _, milliseconds, rate, gateways in costs:
        inputs = Inputs(gateway_ms=float(milliseconds.replace(",", "")))
        assert float(rate) == pytest.approx(gateway_rate(inputs), rel=0.05)
        assert int(gateways.replace(",", "")) == round(gateways_for_a_serving_pod(inputs))
