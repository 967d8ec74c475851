"""What names something else finds it, and what two objects say of one thing is the same. No tool reads more than one object here."""

import re
from dataclasses import fields

import yaml
from cluster import PROBES, ROOT, SECRETS, SERVERS, Cluster, flags, name_of

from gateway.api.upload import most_body_bytes
from gateway.app import create_app
from gateway.settings import Settings

# What a client has no business with.
INNER_ROUTES = {"/healthz", "/readyz", "/metrics"}
BODY_SIZES = ("nginx.ingress.kubernetes.io/proxy-body-size", "nginx.org/client-max-body-size")
PROMETHEUS = "monitoring/prometheus"


def test_selectors_choose_the_pods_that_they_mean(cluster: Cluster) -> None:
    assert set(SERVERS) <= cluster.names("Deployment")
    for deployment in cluster.of("Deployment"):
        name = name_of(deployment)
        assert cluster.selected(deployment["spec"]["selector"]["matchLabels"]) == [name]
        for spread in cluster.pod(name).get("topologySpreadConstraints", []):
            assert cluster.selected(spread["labelSelector"]["matchLabels"]) == [name]
    for service in cluster.of("Service"):
        assert cluster.selected(service["spec"]["selector"]) == [name_of(service)]
    for budget in cluster.of("PodDisruptionBudget"):
        assert cluster.selected(budget["spec"]["selector"]["matchLabels"]) == [name_of(budget)]
    assert cluster.names("PodDisruptionBudget") == set(SERVERS)
    assert cluster.names("Service") == {*SERVERS, *({"training"} & cluster.pods.keys())}
    # What `kubectl logs --selector` is told.
    assert cluster.selected({"app.kubernetes.io/part-of": "ragam"}) == list(cluster.pods)


def test_services_probes_and_prometheus_ask_where_there_is_an_answer(cluster: Cluster) -> None:
    [metrics] = re.findall(r'path: "([^"]+)"', (ROOT / "model_repository" / "monitoring.config").read_text())
    for service in cluster.of("Service"):
        for entry in service["spec"]["ports"]:
            number = cluster.ports(name_of(service))[entry["targetPort"]]
            assert service["spec"].get("clusterIP") != "None" or number == entry["port"], "a headless Service turns no port into another"
    paths = {"gateway": "/metrics", "serving": metrics}
    for name in SERVERS:
        for probe in (cluster.container(name)[kind] for kind in PROBES):
            [(kind, asked)] = ((kind, probe[kind]) for kind in ("httpGet", "tcpSocket", "grpc") if kind in probe)
            assert asked["port"] in cluster.ports(name)
            assert kind != "httpGet" or asked["path"] in routes()
        told = cluster.pods[name]["metadata"].get("annotations", {})
        if "metrics" in cluster.ports(name) or name == "gateway":
            assert int(told["prometheus.io/port"]) in cluster.ports(name)
            assert told["prometheus.io/path"] == paths[name]
    for monitor in cluster.of("PodMonitor"):
        [endpoint] = monitor["spec"]["podMetricsEndpoints"]
        assert cluster.selected(monitor["spec"]["selector"]["matchLabels"]) == [name_of(monitor)]
        assert endpoint["port"] in cluster.ports(name_of(monitor))
        assert endpoint["path"] == paths[name_of(monitor)]
    named = flags(cluster.container("serving")["args"])
    assert cluster.ports("serving")["grpc"] == int(named["port"])
    assert cluster.ports("serving").get("metrics", 8501) == int(named["rest_api_port"])


def test_the_operator_s_rules_and_jobs_are_prometheus_s(built: dict[str, str]) -> None:
    cluster = Cluster(built["gpu+monitoring"])
    files = {f"ragam-{path.stem}": yaml.safe_load(path.read_text()) for path in (ROOT / "monitoring" / "rules").glob("*.yml")}
    assert {name_of(entry): entry["spec"] for entry in cluster.of("PrometheusRule")} == files, "make rules"
    jobs = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())["scrape_configs"]
    labels = {cluster.pods[name]["metadata"]["labels"]["app.kubernetes.io/name"] for name in cluster.names("PodMonitor")}
    assert labels == {job["job_name"] for job in jobs}
    assert {monitor["spec"]["jobLabel"] for monitor in cluster.of("PodMonitor")} == {"app.kubernetes.io/name"}


def test_accounts_volumes_and_secrets_are_there(cluster: Cluster) -> None:
    for name in cluster.pods:
        pod, container = cluster.pod(name), cluster.container(name)
        assert pod.get("serviceAccountName", "default") in {"default"} | cluster.names("ServiceAccount")
        mounts = [mount for each in (container, *pod.get("initContainers", [])) for mount in each["volumeMounts"]]
        assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in mounts}
        for volume in pod["volumes"]:
            assert volume.get("configMap", {"name": "serving-models"})["name"] in cluster.names("ConfigMap")
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or claim in cluster.names("PersistentVolumeClaim")
        secrets = {volume["name"] for volume in pod["volumes"] if "secret" in volume}
        folders = tuple(f"{mount['mountPath']}/" for mount in container["volumeMounts"] if mount["name"] in secrets)
        texts = [*(entry["value"] for entry in container.get("env", [])), *container.get("args", [])]
        words = re.findall(rf"{SECRETS}[\w./-]+", " ".join(texts))
        for word in words:
            assert f"{word}/".startswith(folders), f"no Secret is mounted where {word} is"


def test_the_gateway_s_settings_are_settings_and_lead_to_the_model_server(cluster: Cluster) -> None:
    known = {f"RAGAM_{entry.name.upper()}" for entry in fields(Settings)}
    assert {name for name in cluster.environment() if name.startswith("RAGAM_")} <= known
    settings = cluster.settings()
    host, _, port = settings.serving.rpartition(":")
    service = cluster.get("Service", host)["spec"]
    assert service["clusterIP"] == "None", "behind one address every gateway stays with one pod"
    assert int(port) in [entry["port"] for entry in service["ports"]]
    assert (settings.host, settings.port) == ("0.0.0.0", cluster.ports("gateway")["http"])
    assert settings.trusted_proxies == (1 if cluster.of("Ingress", "HTTPRoute") else 0), "a client could choose its own address"


def test_the_network_policies_open_every_way_that_is_needed_and_no_other(cluster: Cluster) -> None:
    everybody = [policy["spec"] for policy in cluster.of("NetworkPolicy") if not policy["spec"]["podSelector"]]
    assert everybody == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}], "nothing is allowed by default"
    http, grpc = cluster.ports("gateway")["http"], cluster.ports("serving")["grpc"]
    dns = {("kube-system/*", 53, "UDP"), ("kube-system/*", 53, "TCP")}
    has_all = "bulk" in cluster.pods
    assert ways(cluster, "Ingress") == {
        ("gateway", "allowed/*", http, "TCP"),
        ("gateway", PROMETHEUS, http, "TCP"),
        ("serving", "gateway", grpc, "TCP"),
        ("serving", PROMETHEUS, 8501, "TCP"),
    } | ({("gateway", "bulk", http, "TCP"), ("training", "training", "any", "any")} if has_all else set())
    assert ways(cluster, "Egress") == {("gateway", "serving", grpc, "TCP")} | {("gateway", *way) for way in dns} | (
        {("gateway", "observability/*", 4318, "TCP"), ("bulk", "gateway", http, "TCP"), ("training", "training", "any", "any")}
        | {(job, *way) for job in ("bulk", "training") for way in {*dns, ("anybody", 443, "TCP")}}
        if has_all
        else set()
    )


def ways(cluster: Cluster, direction: str) -> set[tuple[str, str, int | str, str]]:
    """A Deployment or Job, who may come to it or whom it may go to, the port and its protocol."""
    found = set()
    policies = [policy["spec"] for policy in cluster.of("NetworkPolicy") if direction in policy["spec"]["policyTypes"]]
    for name in cluster.pods:
        for policy in (policy for policy in policies if name in cluster.selected(policy["podSelector"].get("matchLabels", {}))):
            for rule in policy.get(direction.lower(), []):
                for peer in rule.get("from" if direction == "Ingress" else "to", [{}]):
                    for port in rule.get("ports", [{}]):
                        where = (port.get("port", "any"), port.get("protocol", "any"))
                        found |= {(name, other, *where) for other in peers(cluster, peer)}
    return found


def peers(cluster: Cluster, peer: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if "namespaceSelector" in peer:
        namespaces = " ".join(peer["namespaceSelector"].get("matchLabels", {"*": "*"}).values())
        return [f"{namespaces}/{' '.join(labels.values()) or '*'}"]
    return cluster.selected(labels) if "podSelector" in peer else ["anybody"]


def test_both_fronts_let_clients_to_their_routes_with_the_largest_upload(built: dict[str, str]) -> None:
    cluster = Cluster(built["every"])
    [ingress], [route] = cluster.of("Ingress"), cluster.of("HTTPRoute")
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    ports = cluster.get("Service", "gateway")["spec"]["ports"]
    assert {(path["backend"]["service"]["name"], path["backend"]["service"]["port"]["name"]) for path in paths} == {("gateway", "http")}
    backends = [backend for rule in route["spec"]["rules"] for backend in rule["backendRefs"]]
    assert {(backend["name"], backend["port"]) for backend in backends} == {("gateway", ports[0]["port"])}
    matches = [match["path"] for rule in route["spec"]["rules"] for match in rule["matches"]]
    for admitting in ([(path["pathType"], path["path"]) for path in paths], [(match["type"], match["value"]) for match in matches]):
        assert {name for name in routes() if any(admits(*path, name) for path in admitting)} == routes() - INNER_ROUTES
    for annotation in BODY_SIZES:
        [megabytes] = re.findall(r"^(\d+)m$", ingress["metadata"]["annotations"][annotation])
        assert int(megabytes) << 20 >= most_body_bytes(cluster.settings())
    # Envoy's own is 15 s, which a slow upload needs alone.
    assert all(set(rule["timeouts"].values()) == {"300s"} and "retry" not in rule for rule in route["spec"]["rules"])
    [mirror] = route["spec"]["rules"][0]["filters"]
    [grant] = cluster.of("ReferenceGrant")
    assert mirror["requestMirror"]["backendRef"]["namespace"] == grant["metadata"]["namespace"]


def admits(kind: str, path: str, route: str) -> bool:
    return path == route if kind == "Exact" else f"{route}/".startswith(path.rstrip("/") + "/")


def routes() -> set[str]:
    """The gateway's, without what stands in angle brackets."""
    return {rule.rule.partition("<")[0] for rule in create_app(Settings(), classifier=None).url_map.iter_rules()}


def test_pods_are_held_to_the_restricted_standard_and_cannot_fill_a_node(cluster: Cluster) -> None:
    """Checkov reads pods and containers; this is what it does not ask."""
    [namespace] = cluster.of("Namespace")
    labels = namespace["metadata"]["labels"]
    assert [labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")] == ["restricted"] * 3
    others = {entry["metadata"].get("namespace") for entry in cluster.objects if entry["kind"] not in ("Namespace", "ReferenceGrant")}
    assert others == {name_of(namespace)}
    for name in cluster.pods:
        pod, container = cluster.pod(name), cluster.container(name)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["enableServiceLinks"] is False, "the addresses of all Services stand beside the settings"
        assert "kubernetes.io/arch" in pod["nodeSelector"]
        assert name == "bulk-files" or "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]
        for volume in pod["volumes"]:
            [kind] = volume.keys() - {"name"}
            assert kind in ("emptyDir", "secret", "configMap", "persistentVolumeClaim")
            assert kind != "emptyDir" or "sizeLimit" in volume["emptyDir"]
            if kind in ("secret", "configMap"):
                assert [mount["readOnly"] for mount in container["volumeMounts"] if mount["name"] == volume["name"]] == [True]


def test_openshift_s_own_ids_and_dns_are_left_to_it(built: dict[str, str]) -> None:
    cluster = Cluster(built["gpu+openshift"])
    assert all(not {"runAsUser", "runAsGroup", "fsGroup"} & cluster.pod(name)["securityContext"].keys() for name in cluster.pods)
    dns = {way for way in ways(cluster, "Egress") if "dns" in way[1]}
    assert dns == {("gateway", "openshift-dns/*", 5353, "UDP"), ("gateway", "openshift-dns/*", 5353, "TCP")}
