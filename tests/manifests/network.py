"""What the NetworkPolicies allow."""

from collections.abc import Iterator
from typing import Any

from cluster import Cluster, labels, name_of, ports

ANYBODY = "anybody"
NAMESPACE = "kubernetes.io/metadata.name"
APP = "app.kubernetes.io/name"


def policies_of(cluster: Cluster, deployment: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        policy["spec"]
        for policy in cluster.of("NetworkPolicy")
        if kind in policy["spec"]["policyTypes"]
        and policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels(deployment).items()
    ]


def reachable_from(cluster: Cluster, deployment: dict[str, Any], port: int) -> set[str]:
    """Who may open `port` of the pods of `deployment`: Deployments by name, others as namespace/app."""
    policies = policies_of(cluster, deployment, "Ingress")
    if not policies:
        return {ANYBODY}
    found: set[str] = set()
    for rule in (rule for policy in policies for rule in policy.get("ingress", [])):
        if "ports" not in rule or port in [entry["port"] for entry in rule["ports"]]:
            found |= {name for peer in rule.get("from", [{}]) for name in peers(cluster, peer)}
    return found


def peers(cluster: Cluster, peer: dict[str, Any]) -> Iterator[str]:
    if "namespaceSelector" in peer:
        namespace = peer["namespaceSelector"].get("matchLabels", {}).get(NAMESPACE, "*")
        yield f"{namespace}/{peer.get('podSelector', {}).get('matchLabels', {}).get(APP, '*')}"
    elif "podSelector" in peer:
        yield from map(name_of, cluster.selected(peer["podSelector"].get("matchLabels", {})))
    else:
        yield ANYBODY


def default_deny(cluster: Cluster) -> Iterator[str]:
    everywhere = [policy["spec"] for policy in cluster.of("NetworkPolicy") if not policy["spec"]["podSelector"]]
    if not any(set(policy["policyTypes"]) == {"Ingress", "Egress"} and not policy.keys() & {"ingress", "egress"} for policy in everywhere):
        yield "no NetworkPolicy denies by default"


def policies_match(cluster: Cluster) -> Iterator[str]:
    for policy in cluster.of("NetworkPolicy"):
        selector = policy["spec"]["podSelector"].get("matchLabels", {})
        chosen = cluster.selected(selector)
        if selector and len(chosen) != 1:
            yield f"NetworkPolicy {name_of(policy)} selects no pods"
        for rule in policy["spec"].get("ingress", []):
            unknown = {entry["port"] for entry in rule["ports"]} - {port for deployment in chosen for port in ports(deployment)}
            if unknown:
                yield f"NetworkPolicy {name_of(policy)} opens {sorted(unknown)}, which no container has"
        for rule in policy["spec"].get("egress", []):
            for peer in (peer for peer in rule["to"] if "namespaceSelector" not in peer):
                targets = cluster.selected(peer["podSelector"]["matchLabels"])
                if not targets or any(entry["port"] not in ports(target) for entry in rule["ports"] for target in targets):
                    yield f"NetworkPolicy {name_of(policy)} lets out to pods or ports that are not there"


def gateway_gets_out(cluster: Cluster) -> Iterator[str]:
    """To the model server and to DNS, and nobody else gets out at all."""
    _, _, serving_port = cluster.settings().serving.rpartition(":")
    for deployment in cluster.deployments():
        rules = [rule for policy in policies_of(cluster, deployment, "Egress") for rule in policy.get("egress", [])]
        out = {
            (name, entry["port"], entry.get("protocol", "TCP"))
            for rule in rules
            for peer in rule["to"]
            for name in peers(cluster, peer)
            for entry in rule["ports"]
        }
        expected = {("serving", int(serving_port), "TCP"), ("kube-system/*", 53, "UDP"), ("kube-system/*", 53, "TCP")}
        if out != (expected if name_of(deployment) == "gateway" else set()):
            yield f"{name_of(deployment)} may get out to {sorted(out)}"
