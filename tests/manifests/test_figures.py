"""Figures that stand in different places go together: times, sizes, numbers of pods. An API server refuses few of them."""

import re
from decimal import Decimal

import pytest
from cluster import ROOT, Cluster, flags, name_of, pre_stop_seconds
from prometheus_client import REGISTRY

from benchmarks.capacity import COLUMNS, Inputs, gateway_rate, gateways_for_a_serving_pod, plan, row
from gateway.capacity import THREADS, held_bytes, worker_bytes

# gunicorn's master, and what lies in /tmp, which is memory.
BESIDE_WORKERS_BYTES = 200_000_000

# gRPC scatters connections' ages by a tenth, and a cluster's DNS keeps an address for five seconds.
AGE_SCATTER = 1.1
DNS_SECONDS = 5

UNITS = {"": Decimal(1), "m": Decimal("0.001"), "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def quantity(text: object) -> Decimal:
    """Kubernetes' notation, as far as it is used here: 4, 500m, 2Gi. Raises ValueError, KeyError."""
    [(number, unit)] = re.findall(r"^([0-9]+)([A-Za-z]*)$", str(text))
    return Decimal(number) * UNITS[unit]


def test_what_an_api_server_would_refuse(cluster: Cluster) -> None:
    """The schemas know neither a port's range nor a quantity's form."""
    for name in cluster.names("Deployment"):
        named = cluster.container(name)["ports"]
        assert len({port["containerPort"] for port in named}) == len({port["name"] for port in named}) == len(named)
        assert all(0 < port["containerPort"] < 65536 and len(port["name"]) <= 15 for port in named)
        resources = cluster.container(name)["resources"]
        asked, most = ({key: quantity(text) for key, text in resources[kind].items()} for kind in ("requests", "limits"))
        assert all(0 < asked[key] <= most.get(key, asked[key]) for key in asked)
        assert all(quantity(volume["emptyDir"]["sizeLimit"]) for volume in cluster.pod(name)["volumes"] if "emptyDir" in volume)


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
    needed = BESIDE_WORKERS_BYTES + settings.workers * worker_bytes(1, held_bytes(settings.max_upload_bytes))
    assert quantity(resources["limits"]["memory"]) >= needed
    at_a_time = cluster.replicas("gateway")[1] * settings.workers * THREADS
    assert int(flags(cluster.container("serving")["args"])["grpc_max_threads"]) >= at_a_time, "calls beyond it fail"


def test_pods_can_come_and_go_one_at_a_time(cluster: Cluster) -> None:
    for deployment in cluster.deployments:
        name = name_of(deployment)
        least, most = cluster.replicas(name)
        assert 2 <= least <= most
        assert cluster.get("PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1 < least
        step = deployment["spec"]["strategy"]["rollingUpdate"]
        # Where every GPU is taken a pod that should come first would wait for ever.
        on_gpu = "nvidia.com/gpu" in cluster.container(name)["resources"]["limits"]
        assert step == ({"maxUnavailable": 1, "maxSurge": 0} if on_gpu else {"maxUnavailable": 0, "maxSurge": 1})


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


def test_components_change_what_they_say(built: dict[str, str]) -> None:
    plain, mine = Cluster(built["gpu"]), Cluster(built["mine"])
    assert [len(built_.of("HorizontalPodAutoscaler")) for built_ in (plain, mine)] == [1, 0]
    assert plain.replicas("gateway") == mine.replicas("gateway")
    # The kubelet cannot speak gRPC over TLS.
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert mine.container("serving")[name]["tcpSocket"] == {"port": "grpc"}
        assert "grpc" not in mine.container("serving")[name]


def test_a_gpu_pod_keeps_its_compiled_kernels_and_has_time_to_compile_them(built: dict[str, str]) -> None:
    container = Cluster(built["gpu"]).container("serving")
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert "per_process_gpu_memory_fraction" in flags(container["args"])
    [folder] = [entry["value"] for entry in container["env"] if entry["name"] == "CUDA_CACHE_PATH"]
    assert folder in [mount["mountPath"] for mount in container["volumeMounts"]]
    assert container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"] >= 600


def test_the_capacity_model_reckons_with_these_pods(built: dict[str, str]) -> None:
    cluster, inputs = Cluster(built["gpu"]), Inputs()
    settings, container = cluster.settings(), cluster.container("gateway")
    assert inputs.gateway_cores == settings.workers == quantity(container["resources"]["requests"]["cpu"])
    assert inputs.gateway_threads == settings.workers * THREADS
    [metric] = cluster.get("HorizontalPodAutoscaler", "gateway")["spec"]["metrics"]
    assert round(inputs.headroom * 100) == metric["resource"]["target"]["averageUtilization"]
    [age] = re.findall(r"max_connection_age_ms=(\d+)", " ".join(cluster.container("serving")["args"]))
    assert inputs.connection_seconds == int(age) / 1000
    wanted = plan(1000, inputs)
    assert wanted.gateways <= cluster.replicas("gateway")[1]
    assert wanted.servings <= cluster.replicas("serving")[0]


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
