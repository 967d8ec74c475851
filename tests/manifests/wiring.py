"""That what names something else in the cluster finds it: selectors, ports, references, paths."""

from collections.abc import Iterator

from cluster import SECRETS, Cluster, containers, labels, name_of, ports, probes, template
from network import reachable_from

from gateway.app import create_app
from gateway.settings import Settings

# What a client has no business with.
INNER_ROUTES = {"/healthz", "/readyz", "/metrics"}
BODY_SIZES = ("nginx.ingress.kubernetes.io/proxy-body-size", "nginx.org/client-max-body-size")


def selectors(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        own = deployment["spec"]["selector"]["matchLabels"]
        if cluster.selected(own) != [deployment]:
            yield f"Deployment {name_of(deployment)} does not select its own pods alone"
        for spread in template(deployment)["topologySpreadConstraints"]:
            if not spread["labelSelector"]["matchLabels"].items() <= labels(deployment).items():
                yield f"Deployment {name_of(deployment)} spreads other pods than its own"
    for entry in cluster.of("Service", "PodDisruptionBudget"):
        selector = entry["spec"]["selector"]
        if len(cluster.selected(selector.get("matchLabels", selector))) != 1:
            yield f"{entry['kind']} {name_of(entry)} does not select the pods of one Deployment"


def service_ports(cluster: Cluster) -> Iterator[str]:
    for service in cluster.of("Service"):
        for deployment in cluster.selected(service["spec"]["selector"]):
            for port in service["spec"]["ports"]:
                target = port.get("targetPort", port["port"])
                if target not in ports(deployment):
                    yield f"Service {name_of(service)}: no container has the port {target}"
                elif service["spec"].get("clusterIP") == "None" and ports(deployment)[target] != port["port"]:
                    yield f"Service {name_of(service)} is headless, so its port must be the container's"


def container_ports(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        named = [port for container in containers(deployment) for port in container["ports"]]
        numbers = [port["containerPort"] for port in named]
        if not all(1 <= number <= 65535 for number in numbers):
            yield f"Deployment {name_of(deployment)} has a port out of range: {numbers}"
        if len(set(numbers)) != len(numbers) or len({port["name"] for port in named}) != len(named):
            yield f"Deployment {name_of(deployment)} has a port twice"
        if not all(len(port["name"]) <= 15 for port in named):
            yield f"Deployment {name_of(deployment)} has a port with a name of more than 15 characters"
        annotations = deployment["spec"]["template"]["metadata"]["annotations"]
        if int(annotations["prometheus.io/port"]) not in numbers:
            yield f"Deployment {name_of(deployment)} tells Prometheus a port that it has not"


def probe_ports(cluster: Cluster) -> Iterator[str]:
    routes = gateway_routes()
    for deployment in cluster.deployments():
        for container in containers(deployment):
            for name, port, path in probes(container):
                if port not in ports(deployment):
                    yield f"{name_of(deployment)}: {name} asks at the port {port}, which no container has"
                if path and path not in routes:
                    yield f"{name_of(deployment)}: {name} asks for {path}, which the gateway has not"


def references(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        spec, name = template(deployment), name_of(deployment)
        if not cluster.has("ServiceAccount", spec["serviceAccountName"]):
            yield f"{name}: there is no ServiceAccount {spec['serviceAccountName']}"
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in containers(deployment):
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            if mounted != volumes:
                yield f"{name}: its volumes are {sorted(volumes)}, those mounted {sorted(mounted)}"
            secrets = {volume["name"] for volume in spec["volumes"] if "secret" in volume}
            folders = tuple(f"{mount['mountPath']}/" for mount in container["volumeMounts"] if mount["name"] in secrets)
            words = [
                *(entry["value"] for entry in container.get("env", [])),
                *(word.partition("=")[2] for word in container.get("args", [])),
            ]
            for word in words:
                if word.startswith(SECRETS) and not word.startswith(folders):
                    yield f"{name}: no Secret is mounted where {word} is"
            for source in container.get("envFrom", []):
                if not cluster.has("ConfigMap", source["configMapRef"]["name"]):
                    yield f"{name}: there is no ConfigMap {source['configMapRef']['name']}"


def gateway_finds_serving(cluster: Cluster) -> Iterator[str]:
    settings = cluster.settings()
    host, _, port = settings.serving.rpartition(":")
    if not cluster.has("Service", host):
        yield f"RAGAM_SERVING names {host}, which is no Service"
        return
    service = cluster.get("Service", host)
    if service["spec"].get("clusterIP") != "None":
        yield f"Service {host} is not headless, so every gateway stays with one pod"
    if int(port) not in [entry["port"] for entry in service["spec"]["ports"]]:
        yield f"RAGAM_SERVING names the port {port}, which Service {host} has not"
    if settings.host != "0.0.0.0" or settings.port not in ports(cluster.get("Deployment", "gateway")):
        yield "RAGAM_HOST and RAGAM_PORT are not where the container's port is"


def ingress(cluster: Cluster) -> Iterator[str]:
    largest = cluster.largest_request()
    for entry in cluster.of("Ingress"):
        for annotation in BODY_SIZES:
            size = entry["metadata"]["annotations"][annotation]
            if not size.endswith("m") or int(size[:-1]) * 2**20 < largest:
                yield f"{annotation} is {size}, and the gateway takes {largest:,} bytes"
        paths = [path for rule in entry["spec"]["rules"] for path in rule["http"]["paths"]]
        for path in paths:
            backend = path["backend"]["service"]
            if not cluster.has("Service", backend["name"]):
                yield f"Ingress {name_of(entry)}: there is no Service {backend['name']}"
            elif backend["port"].get("name") not in [port["name"] for port in cluster.get("Service", backend["name"])["spec"]["ports"]]:
                yield f"Ingress {name_of(entry)}: Service {backend['name']} has no port {backend['port']}"
        for route in sorted(gateway_routes()):
            admitted = any(admits(path, route) for path in paths)
            if admitted == (route in INNER_ROUTES):
                yield f"Ingress {name_of(entry)} {'lets everybody to' if admitted else 'leaves out'} the gateway's {route}"


def admits(path: dict[str, str], route: str) -> bool:
    if path["pathType"] == "Exact":
        return path["path"] == route
    return (route + "/").startswith(path["path"].rstrip("/") + "/")


def gateway_routes() -> set[str]:
    """Without what stands in angle brackets."""
    app = create_app(Settings(), classifier=None)
    return {rule.rule.partition("<")[0] for rule in app.url_map.iter_rules()}


def who_reaches_whom(cluster: Cluster) -> Iterator[str]:
    prometheus = "monitoring/prometheus"
    allowed = {
        ("gateway", 5000): {"ingress-nginx/*", prometheus},
        ("serving", 8500): {"gateway"},
        ("serving", 8501): {prometheus},
    }
    for deployment in cluster.deployments():
        for port in set(ports(deployment).values()):
            found = reachable_from(cluster, deployment, port)
            expected = allowed.get((name_of(deployment), port), set())
            if found != expected:
                yield f"port {port} of {name_of(deployment)} can be reached from {sorted(found)}, not {sorted(expected)}"
