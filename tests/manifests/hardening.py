"""What the restricted pod security standard asks for, and some more of this project's own."""

from collections.abc import Iterator

from cluster import PROBES, Cluster, containers, name_of, template


def namespace(cluster: Cluster) -> Iterator[str]:
    [entry] = cluster.of("Namespace")
    for mode in ("enforce", "audit", "warn"):
        if entry["metadata"]["labels"].get(f"pod-security.kubernetes.io/{mode}") != "restricted":
            yield f"the namespace does not {mode} the restricted standard"
    for other in cluster.objects:
        if other is not entry and other["metadata"].get("namespace") != name_of(entry):
            yield f"{other['kind']} {name_of(other)} is not in the namespace {name_of(entry)}"


def no_tokens(cluster: Cluster) -> Iterator[str]:
    for account in cluster.of("ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"ServiceAccount {name_of(account)} hands out its token"
    for deployment in cluster.deployments():
        spec = template(deployment)
        if spec.get("automountServiceAccountToken") is not False:
            yield f"the pods of {name_of(deployment)} mount a token"
        if any("serviceAccountToken" in source for volume in spec["volumes"] for source in volume.get("projected", {}).get("sources", [])):
            yield f"a volume of {name_of(deployment)} holds a token"


def pods(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        spec, name = template(deployment), name_of(deployment)
        context = spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
            yield f"{name} may run as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name} has no seccomp profile"
        if any(spec.get(host) for host in ("hostNetwork", "hostPID", "hostIPC")) or any("hostPath" in volume for volume in spec["volumes"]):
            yield f"{name} uses what is the node's"
        if spec.get("enableServiceLinks") is not False:
            yield f"{name} has the addresses of all Services in its environment"


def every_container(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        for container in containers(deployment):
            name = f"{name_of(deployment)}/{container['name']}"
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
                yield f"{name} may gain privileges"
            if context.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{name} keeps capabilities"
            if context.get("readOnlyRootFilesystem") is not True:
                yield f"{name} may write to its file system"
            if any(key in context for key in ("runAsUser", "runAsNonRoot", "seccompProfile")):
                yield f"{name} sets aside what its pod says"


def writable_folders(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        kinds = {volume["name"]: volume for volume in template(deployment)["volumes"]}
        for container in containers(deployment):
            mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
            if "/tmp" not in mounts:
                yield f"{name_of(deployment)} has no /tmp to write to"
            for path, mount in mounts.items():
                volume = kinds.get(mount["name"], {})
                if "emptyDir" in volume:
                    if "sizeLimit" not in volume["emptyDir"]:
                        yield f"{name_of(deployment)} may fill its node's disk from {path}"
                elif mount.get("readOnly") is not True:
                    yield f"{name_of(deployment)} may write to {path}"


def probes_and_resources(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        for container in containers(deployment):
            name = f"{name_of(deployment)}/{container['name']}"
            for missing in [probe for probe in PROBES if probe not in container]:
                yield f"{name} has no {missing}"
            resources = container.get("resources", {})
            if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
                yield f"{name} lacks requests or the limit of its memory"
