"""Which images run, and how TensorFlow Serving is started."""

import re
from collections.abc import Iterator

import serving_flags
from cluster import PROJECT, ROOT, Cluster, containers, name_of, template

MODELS = ROOT / "model_repository"
SERVING_TAG = re.compile(r"(\d+\.\d+\.\d+)-model(\d+)(-gpu)?")


def versions() -> list[int]:
    return [int(folder.name) for folder in (MODELS / "painting_genre").iterdir() if folder.name.isdigit()]


def tags(cluster: Cluster) -> Iterator[str]:
    for deployment in cluster.deployments():
        for container in containers(deployment):
            name, _, tag = container["image"].rpartition(":")
            if name.endswith("ragam-gateway"):
                if tag != PROJECT["project"]["version"]:
                    yield f"the gateway's image is {tag}, the project's version {PROJECT['project']['version']}"
            elif name.endswith("ragam-serving"):
                yield from serving_tag(tag, on_gpu="nvidia.com/gpu" in container["resources"].get("limits", {}))
            else:
                yield f"{name_of(deployment)} runs {container['image']}"


def serving_tag(tag: str, *, on_gpu: bool) -> Iterator[str]:
    match = SERVING_TAG.fullmatch(tag)
    if not match:
        yield f"the serving image's tag {tag!r} does not say TensorFlow Serving's version and the model's"
        return
    if match[1] != PROJECT["tool"]["ragam"]["tensorflow"]:
        yield f"the serving image is of TensorFlow {match[1]}, the project of {PROJECT['tool']['ragam']['tensorflow']}"
    if not 1 <= int(match[2]) <= max(versions()):
        yield f"there is no model {match[2]} yet"
    if on_gpu != bool(match[3]):
        yield f"the image {tag} does not fit a pod {'with' if on_gpu else 'without'} a GPU"


def serving_command(cluster: Cluster) -> Iterator[str]:
    deployment = cluster.get("Deployment", "serving")
    [container] = containers(deployment)
    if template(deployment).get("shareProcessNamespace") is not True:
        yield "serving is the first process of its container, and does not hear SIGTERM"
    yield from serving_flags.complaints([*container["command"], *container["args"]], MODELS)
    flags = cluster.serving_flags()
    numbers = {port["name"]: port["containerPort"] for port in container["ports"]}
    if {name: int(flags.get(flag, 0)) for name, flag in (("grpc", "port"), ("metrics", "rest_api_port"))} != numbers:
        yield "the serving container's ports are not those that its flags name"
    expected = {"enable_grpc_healthcheck_service": "true", "enable_batching": "true", "max_num_load_retries": "0"}
    for name in sorted(name for name, value in expected.items() if flags.get(name) != value):
        yield f"serving lacks --{name}={expected[name]}"
    if ("per_process_gpu_memory_fraction" in flags) != ("nvidia.com/gpu" in container["resources"]["limits"]):
        yield "the share of the GPU's memory belongs to pods with a GPU, and to all of them"
