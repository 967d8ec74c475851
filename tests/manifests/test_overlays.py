"""Every overlay, with and without every component."""

import kubernetes_validate
import pytest
from checks import CHECKS
from cluster import COMPONENTS, KUBECTL, OVERLAYS, Cluster, containers, name_of, probes, template

# The oldest that has preStop's sleep without a feature gate, one that is widespread, and the newest with a schema here.
KUBERNETES = ("1.30", "1.32", kubernetes_validate.latest_version())


def test_the_issue_s_overlays_and_components_are_there():
    assert {"cpu", "gpu"} <= set(OVERLAYS)
    assert {"api-keys", "keda", "serving-tls"} <= set(COMPONENTS)


def test_kubectl_is_the_project_s_own():
    assert KUBECTL.is_file(), "kubectl is missing: install requirements/dev.txt (make does)"


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_is_valid(cluster: Cluster, version):
    # KEDA's own kind has no schema in Kubernetes; prometheus_trigger and scaling look at it.
    ours = [entry for entry in cluster.objects if not entry["apiVersion"].startswith("keda.sh/")]
    assert len(ours) >= 14
    for entry in ours:
        kubernetes_validate.validate(entry, version, strict=True)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_holds(cluster: Cluster, check):
    assert list(check(cluster)) == []


@pytest.mark.parametrize("name", ["gateway", "serving"])
def test_there_are_two_of_each(cluster: Cluster, name):
    least, _ = cluster.replicas(cluster.get("Deployment", name))
    assert least >= 2


def test_components_reach_their_container(overlay_with):
    built = Cluster.build(overlay_with("gpu", ("api-keys", "serving-tls")))
    gateway, serving = (built.get("Deployment", name) for name in ("gateway", "serving"))
    secrets = {
        name_of(deployment): {volume["secret"]["secretName"] for volume in template(deployment)["volumes"] if "secret" in volume}
        for deployment in (gateway, serving)
    }
    assert secrets == {"gateway": {"gateway-api-keys", "gateway-tls"}, "serving": {"serving-tls"}}
    assert {"RAGAM_API_KEYS_FILE", "RAGAM_SERVING_CA", "RAGAM_SERVING_CERTIFICATE", "RAGAM_SERVING_KEY"} <= built.environment().keys()
    assert built.serving_flags()["ssl_config_file"].startswith("/run/secrets/tls/")
    # The kubelet cannot speak gRPC over TLS.
    [container] = containers(serving)
    assert [port for _, port, _ in probes(container)] == ["grpc", "grpc", "grpc"]
    assert "grpc" not in {kind for name in ("startupProbe", "readinessProbe", "livenessProbe") for kind in container[name]}


def test_keda_takes_the_autoscaler_s_place(overlay_with):
    alone, scaled = (Cluster.build(overlay_with("cpu", choice)) for choice in ((), ("keda",)))
    assert [entry["kind"] for entry in alone.scalers("gateway")] == ["HorizontalPodAutoscaler"]
    assert [entry["kind"] for entry in scaled.scalers("gateway")] == ["ScaledObject"]
    assert alone.replicas(alone.get("Deployment", "gateway")) == scaled.replicas(scaled.get("Deployment", "gateway"))


def test_a_gpu_pod_has_one_gpu_and_keeps_its_compiled_kernels(overlay_with):
    serving = Cluster.build(overlay_with("gpu", ())).get("Deployment", "serving")
    [container] = containers(serving)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    [folder] = [entry["value"] for entry in container["env"] if entry["name"] == "CUDA_CACHE_PATH"]
    assert folder in [mount["mountPath"] for mount in container["volumeMounts"]]
    assert container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"] >= 600
