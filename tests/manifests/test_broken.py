"""Each check, seen to fail: one thing is spoilt in a cluster that passes, and the check that is meant for it says so."""

import copy

import kubernetes_validate
import pytest
from checks import CHECKS
from cluster import Cluster

POD = "spec template spec"
CONTAINER = f"{POD} containers 0"
GONE = object()

# The check, the object, where in it, what is put there, and some words of the complaint.
SPOILT = [
    ("selectors", "Service gateway", "spec selector", {"app.kubernetes.io/name": "gatewy"}, "Service gateway does not select"),
    ("selectors", "PodDisruptionBudget serving", "spec selector matchLabels", {"app": "serving"}, "PodDisruptionBudget serving"),
    ("selectors", "Deployment gateway", "spec selector matchLabels", {"app.kubernetes.io/part-of": "ragam"}, "its own pods alone"),
    ("selectors", "Deployment serving", f"{POD} topologySpreadConstraints 0 labelSelector matchLabels", {"app": "x"}, "spreads other pods"),
    ("service_ports", "Service gateway", "spec ports 0 targetPort", "https", "no container has the port https"),
    ("service_ports", "Service serving", "spec ports 0 port", 80, "headless"),
    ("container_ports", "Deployment gateway", f"{CONTAINER} ports 0 containerPort", 80800, "out of range"),
    ("container_ports", "Deployment serving", f"{CONTAINER} ports 1 containerPort", 8500, "twice"),
    ("container_ports", "Deployment serving", f"{CONTAINER} ports 1 name", "the-metrics-of-all", "more than 15"),
    ("container_ports", "Deployment serving", "spec template metadata annotations prometheus.io/port", "8502", "tells Prometheus"),
    ("probe_ports", "Deployment gateway", f"{CONTAINER} livenessProbe httpGet port", 5001, "at the port 5001"),
    ("probe_ports", "Deployment serving", f"{CONTAINER} startupProbe grpc port", 8502, "at the port 8502"),
    ("probe_ports", "Deployment gateway", f"{CONTAINER} readinessProbe httpGet path", "/ready", "asks for /ready"),
    ("references", "Deployment gateway", f"{POD} serviceAccountName", "default", "no ServiceAccount default"),
    ("references", "Deployment gateway", f"{CONTAINER} envFrom 0 configMapRef name", "settings", "no ConfigMap settings"),
    ("references", "Deployment gateway", f"{CONTAINER} volumeMounts 0 name", "temp", "those mounted ['temp']"),
    ("references", "Deployment gateway", f"{CONTAINER} env", [{"name": "A", "value": "/run/secrets/a/b"}], "no Secret is mounted"),
    ("references", "Deployment serving", f"{CONTAINER} args 0", "--ssl_config_file=/run/secrets/tls/x", "no Secret is mounted"),
    ("gateway_finds_serving", "ConfigMap settings", "data RAGAM_SERVING", "model:8500", "no Service"),
    ("gateway_finds_serving", "ConfigMap settings", "data RAGAM_SERVING", "serving:8501", "the port 8501"),
    ("gateway_finds_serving", "Service serving", "spec clusterIP", GONE, "not headless"),
    ("gateway_finds_serving", "ConfigMap settings", "data RAGAM_HOST", GONE, "RAGAM_HOST"),
    ("ingress", "Ingress gateway", "metadata annotations nginx.ingress.kubernetes.io/proxy-body-size", "20m", "proxy-body-size is 20m"),
    ("ingress", "Ingress gateway", "metadata annotations nginx.org/client-max-body-size", "8m", "client-max-body-size is 8m"),
    ("ingress", "Ingress gateway", "spec rules 0 http paths 1 path", "/predictions", "leaves out the gateway's /prediction"),
    ("ingress", "Ingress gateway", "spec rules 0 http paths 0 pathType", "Prefix", "lets everybody to the gateway's /metrics"),
    ("ingress", "Ingress gateway", "spec rules 0 http paths 0 backend service name", "ragam", "no Service ragam"),
    ("ingress", "Ingress gateway", "spec rules 0 http paths 0 backend service port name", "web", "has no port"),
    ("who_reaches_whom", "NetworkPolicy serving", "spec ingress 0 from", [{"podSelector": {}}], "['gateway', 'serving'], not ['gateway']"),
    ("who_reaches_whom", "NetworkPolicy serving", "spec ingress 1 ports", GONE, "port 8500 of serving can be reached from"),
    ("who_reaches_whom", "NetworkPolicy gateway", "spec ingress 0 from", GONE, "from ['anybody']"),
    ("who_reaches_whom", "NetworkPolicy serving", "spec ingress 0 ports 0 port", 8501, "port 8500 of serving can be reached from []"),
    ("default_deny", "NetworkPolicy default-deny", "spec policyTypes", ["Ingress"], "denies by default"),
    ("default_deny", "NetworkPolicy default-deny", "spec ingress", [{}], "denies by default"),
    ("policies_match", "NetworkPolicy serving", "spec podSelector matchLabels", {"app": "serving"}, "selects no pods"),
    ("policies_match", "NetworkPolicy gateway", "spec ingress 0 ports 0 port", 80, "opens [80]"),
    ("policies_match", "NetworkPolicy gateway", "spec egress 0 ports 0 port", 8502, "that are not there"),
    ("gateway_gets_out", "NetworkPolicy gateway", "spec egress", [], "gateway may get out to []"),
    (
        "gateway_gets_out",
        "NetworkPolicy serving",
        "spec egress",
        [{"to": [{"podSelector": {}}], "ports": [{"port": 443}]}],
        "serving may get out",
    ),
    ("namespace", "Namespace ragam", "metadata labels pod-security.kubernetes.io/enforce", "baseline", "does not enforce"),
    ("namespace", "Service serving", "metadata namespace", "default", "Service serving is not in the namespace"),
    ("no_tokens", "ServiceAccount serving", "automountServiceAccountToken", GONE, "hands out its token"),
    ("no_tokens", "Deployment gateway", f"{POD} automountServiceAccountToken", True, "mount a token"),
    ("pods", "Deployment serving", f"{POD} securityContext runAsNonRoot", False, "as root"),
    ("pods", "Deployment gateway", f"{POD} securityContext seccompProfile", GONE, "no seccomp"),
    ("pods", "Deployment gateway", f"{POD} hostNetwork", True, "the node's"),
    ("pods", "Deployment gateway", f"{POD} enableServiceLinks", GONE, "addresses of all Services"),
    ("every_container", "Deployment gateway", f"{CONTAINER} securityContext allowPrivilegeEscalation", GONE, "gain privileges"),
    ("every_container", "Deployment gateway", f"{CONTAINER} securityContext capabilities drop", ["NET_RAW"], "keeps capabilities"),
    ("every_container", "Deployment serving", f"{CONTAINER} securityContext readOnlyRootFilesystem", False, "its file system"),
    ("every_container", "Deployment serving", f"{CONTAINER} securityContext runAsUser", 0, "sets aside"),
    ("writable_folders", "Deployment gateway", f"{CONTAINER} volumeMounts 0 mountPath", "/temp", "no /tmp"),
    ("writable_folders", "Deployment serving", f"{POD} volumes 0 emptyDir", {}, "fill its node's disk"),
    ("writable_folders", "Deployment gateway", f"{POD} volumes 0", {"name": "tmp", "secret": {"secretName": "a"}}, "may write to /tmp"),
    ("probes_and_resources", "Deployment serving", f"{CONTAINER} readinessProbe", GONE, "no readinessProbe"),
    ("probes_and_resources", "Deployment serving", f"{CONTAINER} resources limits memory", GONE, "lacks requests or the limit"),
    ("quantities", "Deployment gateway", f"{CONTAINER} resources requests cpu", "500q", "'500q' is no quantity"),
    ("quantities", "Deployment gateway", f"{CONTAINER} resources requests memory", "4Gi", "more memory than its limit"),
    ("quantities", "Deployment gateway", f"{CONTAINER} resources requests cpu", "0", "asks for nothing"),
    ("quantities", "Deployment serving", f"{POD} volumes 0 emptyDir sizeLimit", "1GB", "'1GB' is no quantity"),
    ("scaling", "HorizontalPodAutoscaler gateway", "spec minReplicas", 21, "from 21 to 20"),
    ("scaling", "HorizontalPodAutoscaler gateway", "spec minReplicas", 1, "from 1 to 20"),
    ("scaling", "HorizontalPodAutoscaler gateway", "spec scaleTargetRef name", "gatewy", "no Deployment"),
    ("scaling", "Deployment gateway", "spec replicas", 2, "every apply sets back"),
    ("scaling", "Deployment gateway", f"{CONTAINER} resources requests cpu", GONE, "request that it has not"),
    ("scaling", "ScaledObject gateway", "spec maxReplicaCount", 1, "from 2 to 1"),
    ("prometheus_trigger", "ScaledObject gateway", "spec triggers 0 metadata query", "sum(ragam_in_flight)", "ragam_in_flight"),
    ("prometheus_trigger", "ScaledObject gateway", "spec triggers 0 metadata threshold", "8", "more requests than"),
    ("prometheus_trigger", "ScaledObject gateway", "spec triggers 0 metadata ignoreNullValues", False, "strings only"),
    ("prometheus_trigger", "ScaledObject gateway", "spec triggers 0 type", "cron", "asks Prometheus nothing"),
    ("prometheus_trigger", "ScaledObject gateway", "spec fallback replicas", 40, "falls back to 40"),
    ("disruption", "PodDisruptionBudget serving", "spec maxUnavailable", 2, "lets 2 of 2 go"),
    (
        "disruption",
        "PodDisruptionBudget gateway",
        "spec",
        {"minAvailable": 2, "selector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}}},
        "lets 0 of 2 go",
    ),
    ("disruption", "PodDisruptionBudget gateway", "spec selector matchLabels", {"app": "x"}, "gateway has no PodDisruptionBudget"),
    ("rollout", "Deployment serving", "spec strategy rollingUpdate maxSurge", 1, "serving rolls out by"),
    ("rollout", "Deployment gateway", "spec strategy rollingUpdate maxUnavailable", 1, "gateway rolls out by"),
    ("endings", "Deployment gateway", f"{POD} terminationGracePeriodSeconds", 40, "is killed before RAGAM_GRACE_SECONDS"),
    ("endings", "ConfigMap settings", "data RAGAM_GRACE_SECONDS", "60", "is killed before RAGAM_GRACE_SECONDS"),
    ("endings", "Deployment gateway", f"{CONTAINER} lifecycle preStop sleep seconds", 1, "too short"),
    ("endings", "Deployment serving", f"{CONTAINER} lifecycle preStop sleep seconds", 30, "serving ends after 30 s"),
    ("endings", "Deployment serving", f"{POD} terminationGracePeriodSeconds", 45, "within its preStop"),
    ("endings", "Deployment serving", f"{CONTAINER} args", ["--port=8500"], "connections for ever"),
    ("gateway_s_size", "ConfigMap settings", "data RAGAM_WORKERS", "4", "less than a processor each"),
    ("gateway_s_size", "ConfigMap settings", "data RAGAM_MAX_BUFFERED_BYTES", "1000000000", "more than the gateway's limit"),
    ("gateway_s_size", "ConfigMap settings", "data RAGAM_THREADS", "8", "more than --grpc_max_threads"),
    ("tags", "Deployment gateway", f"{CONTAINER} image", "ragam-gateway:latest", "the gateway's image is latest"),
    ("tags", "Deployment serving", f"{CONTAINER} image", "ragam-serving:2.19.0-model1-gpu", "of TensorFlow 2.19.0"),
    ("tags", "Deployment serving", f"{CONTAINER} image", "ragam-serving:2.20.0-model1", "does not fit a pod with a GPU"),
    ("tags", "Deployment serving", f"{CONTAINER} image", "ragam-serving:2.20.0-model9999-gpu", "no model 9999"),
    ("tags", "Deployment serving", f"{CONTAINER} image", "ragam-serving:0.1.0", "does not say"),
    ("tags", "Deployment serving", f"{CONTAINER} image", "tensorflow/serving:2.20.0-gpu", "runs tensorflow/serving"),
    ("serving_command", "Deployment serving", f"{CONTAINER} args 0", "--prot=8500", "no flag --prot"),
    ("serving_command", "Deployment serving", f"{CONTAINER} args 1", "--rest_api_port=8502", "not those that its flags name"),
    ("serving_command", "Deployment serving", f"{CONTAINER} command", ["/usr/bin/tf_serving_entrypoint.sh"], "not tensorflow_model_server"),
    (
        "serving_command",
        "Deployment serving",
        f"{CONTAINER} args 2",
        "--model_config_file=/models/model.config",
        "there is no /models/model.config",
    ),
    ("serving_command", "Deployment serving", f"{CONTAINER} args 4", "--enable_batching=yes", "neither true nor false"),
    ("serving_command", "Deployment serving", f"{CONTAINER} args 8", "--max_num_load_retries=5", "lacks --max_num_load_retries=0"),
    ("serving_command", "Deployment serving", f"{POD} shareProcessNamespace", GONE, "the first process"),
    ("serving_command", "Deployment serving", f"{CONTAINER} resources limits", {"memory": "8Gi"}, "the share of the GPU's memory"),
]


@pytest.fixture(scope="module")
def whole(overlay_with) -> Cluster:
    """The GPU overlay, scaled as a case wants it."""
    return Cluster.build(overlay_with("gpu", ()))


@pytest.fixture(scope="module")
def with_keda(overlay_with) -> Cluster:
    return Cluster.build(overlay_with("gpu", ("keda",)))


def spoil(sound: Cluster, which: str, where: str, value: object) -> Cluster:
    spoilt = Cluster(copy.deepcopy(sound.objects))
    kind, name = which.split()
    # kustomize's hash is no part of a name that a person knows.
    place = spoilt.of("ConfigMap")[0] if kind == "ConfigMap" else spoilt.get(kind, name)
    *path, last = [int(step) if step.isdigit() else step for step in where.split()]
    for step in path:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return spoilt


@pytest.mark.parametrize(("check", "which", "where", "value", "words"), SPOILT)
def test_is_found(whole, with_keda, check, which, where, value, words):
    sound = with_keda if which.startswith("ScaledObject") else whole
    assert list(CHECKS[check](sound)) == []
    complaints = list(CHECKS[check](spoil(sound, which, where, value)))
    assert any(words in complaint for complaint in complaints), complaints


def test_no_check_is_left_out():
    assert {check for check, *_ in SPOILT} == set(CHECKS)


def test_two_scalers_are_found(whole, with_keda):
    both = Cluster([*whole.objects, *with_keda.of("ScaledObject")])
    assert "gateway is scaled by two" in list(CHECKS["scaling"](both))


@pytest.mark.parametrize(
    ("which", "where", "value"),
    [
        ("Deployment gateway", f"{CONTAINER} readynessProbe", {}),
        ("Deployment serving", "spec replicas", "two"),
        ("NetworkPolicy serving", "spec ingress 0 form", []),
    ],
)
def test_the_schema_finds_it(whole, which, where, value):
    spoilt = spoil(whole, which, where, value)
    kind, name = which.split()
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(spoilt.get(kind, name), "1.32", strict=True)
