"""What names something else finds it, and what two objects say of one thing is the same. No tool reads more than one object here."""

import re
from dataclasses import fields

from cluster import PROBES, ROOT, SECRETS, Cluster, flags, name_of

from gateway.api.upload import most_body_bytes
from gateway.app import create_app
from gateway.settings import Settings

# What a client has no business with.
INNER_ROUTES = {"/healthz", "/readyz", "/metrics"}
BODY_SIZES = ("nginx.ingress.kubernetes.io/proxy-body-size", "nginx.org/client-max-body-size")
PROMETHEUS = "monitoring/prometheus"
DNS = "kube-system/kube-dns"


def test_selectors_choose_the_pods_that_they_mean(cluster: Cluster) -> None:
    assert cluster.names("Deployment") == {"gateway", "serving"}
    for deployment in cluster.deployments:
        name = name_of(deployment)
        assert cluster.selected(deployment["spec"]["selector"]["matchLabels"]) == [name]
        for spread in cluster.pod(name)["topologySpreadConstraints"]:
            assert cluster.selected(spread["labelSelector"]["matchLabels"]) == [name]
    for service in cluster.of("Service"):
        assert cluster.selected(service["spec"]["selector"]) == [name_of(service)]
    for budget in cluster.of("PodDisruptionBudget"):
        assert cluster.selected(budget["spec"]["selector"]["matchLabels"]) == [name_of(budget)]
    assert cluster.names("Service") == cluster.names("PodDisruptionBudget") == {"gateway", "serving"}


def test_services_probes_and_prometheus_ask_where_there_is_an_answer(cluster: Cluster) -> None:
    [metrics] = re.findall(r'path: "([^"]+)"', (ROOT / "model_repository" / "monitoring.config").read_text())
    for service in cluster.of("Service"):
        for entry in service["spec"]["ports"]:
            number = cluster.ports(name_of(service))[entry["targetPort"]]
            assert service["spec"].get("clusterIP") != "None" or number == entry["port"], "a headless Service turns no port into another"
    for deployment in cluster.deployments:
        name = name_of(deployment)
        for probe in (cluster.container(name)[kind] for kind in PROBES):
            [(kind, asked)] = ((kind, probe[kind]) for kind in ("httpGet", "tcpSocket", "grpc") if kind in probe)
            assert asked["port"] in cluster.ports(name)
            assert kind != "httpGet" or asked["path"] in routes()
        told = deployment["spec"]["template"]["metadata"]["annotations"]
        assert int(told["prometheus.io/port"]) in cluster.ports(name)
        assert told["prometheus.io/path"] == {"gateway": "/metrics", "serving": metrics}[name]
    named = flags(cluster.container("serving")["args"])
    assert cluster.ports("serving")["grpc"] == int(named["port"])
    assert cluster.ports("serving")["metrics"] == int(named["rest_api_port"])


def test_accounts_volumes_and_secrets_are_there(cluster: Cluster) -> None:
    for name in cluster.names("Deployment"):
        pod, container = cluster.pod(name), cluster.container(name)
        assert pod["serviceAccountName"] in cluster.names("ServiceAccount")
        assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in container["volumeMounts"]}
        secrets = {volume["name"] for volume in pod["volumes"] if "secret" in volume}
        folders = tuple(f"{mount['mountPath']}/" for mount in container["volumeMounts"] if mount["name"] in secrets)
        words = [*(entry["value"] for entry in container.get("env", [])), *flags(container.get("args", [])).values()]
        for word in words:
            assert not word.startswith(SECRETS) or f"{word}/".startswith(folders), f"no Secret is mounted where {word} is"


def test_the_gateway_s_settings_are_settings_and_lead_to_the_model_server(cluster: Cluster) -> None:
    known = {f"RAGAM_{entry.name.upper()}" for entry in fields(Settings)}
    assert {name for name in cluster.environment() if name.startswith("RAGAM_")} <= known
    settings = cluster.settings()
    host, _, port = settings.serving.rpartition(":")
    service = cluster.get("Service", host)["spec"]
    assert service["clusterIP"] == "None", "behind one address every gateway stays with one pod"
    assert int(port) in [entry["port"] for entry in service["ports"]]
    assert (settings.host, settings.port) == ("0.0.0.0", cluster.ports("gateway")["http"])


def test_the_network_policies_open_every_way_that_is_needed_and_no_other(cluster: Cluster) -> None:
    everybody = [policy["spec"] for policy in cluster.of("NetworkPolicy") if not policy["spec"]["podSelector"]]
    assert everybody == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}], "nothing is allowed by default"
    http, (grpc, metrics) = cluster.ports("gateway")["http"], (cluster.ports("serving")[name] for name in ("grpc", "metrics"))
    assert ways(cluster, "Ingress") == {
        ("gateway", "ingress-nginx/*", http, "TCP"),
        ("gateway", PROMETHEUS, http, "TCP"),
        ("serving", "gateway", grpc, "TCP"),
        ("serving", PROMETHEUS, metrics, "TCP"),
    }
    assert ways(cluster, "Egress") == {
        ("gateway", "serving", grpc, "TCP"),
        ("gateway", DNS, 53, "UDP"),
        ("gateway", DNS, 53, "TCP"),
    }


def ways(cluster: Cluster, direction: str) -> set[tuple[str, str, int | str, str]]:
    """A Deployment, who may come to it or whom it may go to, the port and its protocol."""
    found = set()
    policies = [policy["spec"] for policy in cluster.of("NetworkPolicy") if direction in policy["spec"]["policyTypes"]]
    for name in cluster.names("Deployment"):
        for policy in (policy for policy in policies if name in cluster.selected(policy["podSelector"].get("matchLabels", {}))):
            for rule in policy.get(direction.lower(), []):
                for peer in rule.get("from" if direction == "Ingress" else "to", [{}]):
                    for port in rule.get("ports", [{}]):
                        where = (port.get("port", "any"), port.get("protocol", "TCP"))
                        found |= {(name, other, *where) for other in peers(cluster, peer)}
    return found


def peers(cluster: Cluster, peer: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if "namespaceSelector" in peer:
        namespace = peer["namespaceSelector"].get("matchLabels", {}).get("kubernetes.io/metadata.name", "*")
        return [f"{namespace}/{' '.join(labels.values()) or '*'}"]
    return cluster.selected(labels) if "podSelector" in peer else ["anybody"]


def test_the_ingress_lets_clients_to_their_routes_with_the_largest_upload(cluster: Cluster) -> None:
    [ingress] = cluster.of("Ingress")
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    for path in paths:
        backend = path["backend"]["service"]
        assert backend["port"]["name"] in [port["name"] for port in cluster.get("Service", backend["name"])["spec"]["ports"]]
    admitted = {route for route in routes() if any(admits(path, route) for path in paths)}
    assert admitted == routes() - INNER_ROUTES
    for annotation in BODY_SIZES:
        [megabytes] = re.findall(r"^(\d+)m$", ingress["metadata"]["annotations"][annotation])
        assert int(megabytes) << 20 >= most_body_bytes(cluster.settings())


def admits(path: dict[str, str], route: str) -> bool:
    if path["pathType"] == "Exact":
        return path["path"] == route
    return f"{route}/".startswith(path["path"].rstrip("/") + "/")


def routes() -> set[str]:
    """The gateway's, without what stands in angle brackets."""
    return {rule.rule.partition("<")[0] for rule in create_app(Settings(), classifier=None).url_map.iter_rules()}


def test_pods_are_held_to_the_restricted_standard_and_cannot_fill_a_node(cluster: Cluster) -> None:
    """Checkov reads pods and containers; this is what it does not ask."""
    [namespace] = cluster.of("Namespace")
    labels = namespace["metadata"]["labels"]
    assert [labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")] == ["restricted"] * 3
    assert {entry["metadata"].get("namespace") for entry in cluster.objects if entry is not namespace} == {name_of(namespace)}
    for name in cluster.names("Deployment"):
        pod, mounts = cluster.pod(name), cluster.container(name)["volumeMounts"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["enableServiceLinks"] is False, "the addresses of all Services stand beside the settings"
        assert "/tmp" in [mount["mountPath"] for mount in mounts]
        for volume in pod["volumes"]:
            [kind] = volume.keys() - {"name"}
            assert kind in ("emptyDir", "secret")
            assert kind == "secret" or "sizeLimit" in volume["emptyDir"]
            if kind == "secret":
                assert [mount["readOnly"] for mount in mounts if mount["name"] == volume["name"]] == [True]
