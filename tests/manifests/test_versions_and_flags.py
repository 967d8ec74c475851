"""Which images run, and how TensorFlow Serving is started in them: in clusters, in Compose, by its own Dockerfile."""

import json
import re
import tomllib
from typing import Any

import pytest
import yaml
from cluster import ROOT, Cluster, flags

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION, TENSORFLOW = PROJECT["project"]["version"], PROJECT["tool"]["ragam"]["tensorflow"]
MODELS = ROOT / "model_repository"
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILES = sorted(ROOT.glob("[!.]*/Dockerfile"))

# The names that tensorflow_serving/model_servers/main.cc defines. The server says "unknown argument" of another, and starts without it.
FLAGS = frozenset((ROOT / "tests" / "manifests" / "serving_flags.txt").read_text().split())
# Each deployment's own: Compose's models may change under the server, TLS may be asked for, the embedded server's log
# has levels, not every machine has a GPU, and on processors a call has one thread.
OWN = {
    "model_config_file_poll_wait_seconds",
    "ssl_config_file",
    "log_level",
    "per_process_gpu_memory_fraction",
    "tensorflow_session_parallelism",
}


@pytest.fixture
def commands(built: dict[str, str]) -> dict[str, list[str]]:
    clusters = {name: Cluster(text).container("serving") for name, text in built.items()}
    services: dict[str, Any] = {name: SERVICES[name] for name in ("serving-gpu", "serving-cpu")}
    text = (MODELS / "Dockerfile").read_text().replace("\\\n", "")
    return {
        **{name: [*container["command"], *container["args"]] for name, container in clusters.items()},
        **{name: [*service["entrypoint"], *service["command"]] for name, service in services.items()},
        "Dockerfile": [word for name in ("ENTRYPOINT", "CMD") for word in json.loads(re.findall(rf"^{name} (.*)$", text, re.MULTILINE)[0])],
    }


def test_every_flag_is_one_of_tensorflow_serving_s(commands: dict[str, list[str]]) -> None:
    assert len(FLAGS) == 48
    for place, (binary, *words) in commands.items():
        # The image's own entrypoint is a shell script that keeps SIGTERM to itself.
        assert binary == "tensorflow_model_server", place
        assert all(word.startswith("--") and "=" in word for word in words), place
        assert flags(words).keys() <= FLAGS, place
        for name, value in flags(words).items():
            assert not name.startswith("enable_") or value in ("true", "false"), f"{place}: --{name}"
            assert not value.startswith("/models/") or (MODELS / value.removeprefix("/models/")).is_file(), f"{place}: --{name}"


def test_it_is_started_alike_everywhere(commands: dict[str, list[str]]) -> None:
    found = {place: {name: value for name, value in flags(words[1:]).items() if name not in OWN} for place, words in commands.items()}
    assert [place for place in found if found[place] != found["Dockerfile"]] == []
    # Without the first the probes have no answer; with tries of a broken version whatever comes after it stalls.
    needed = {"enable_grpc_healthcheck_service": "true", "enable_batching": "true", "max_num_load_retries": "0"}
    assert needed.items() <= found["Dockerfile"].items()
    # The project's own model server takes the same flags.
    embedded = {name: value for name, value in flags(SERVICES["serving-embedded"]["command"]).items() if name not in OWN}
    assert embedded.items() <= found["Dockerfile"].items()


def test_on_processors_a_call_has_one_thread_and_onednn_s_kernels() -> None:
    for name, parallelism, onednn in (("serving-cpu", "1", "1"), ("serving-gpu", None, None)):
        assert flags(SERVICES[name]["command"]).get("tensorflow_session_parallelism") == parallelism
        assert SERVICES[name].get("environment", {}).get("TF_ENABLE_ONEDNN_OPTS") == onednn


def test_what_both_images_need_is_built_once() -> None:
    gateway, model_server = ((ROOT / name / "Dockerfile").read_text() for name in ("gateway", "model_server"))
    [shared] = re.findall(r"^ARG BASE_IMAGE.*?^FROM [^\n]* AS packages$.*?(?=^FROM )", gateway, re.MULTILINE | re.DOTALL)
    assert shared in model_server


def test_every_cluster_runs_images_of_this_version(built: dict[str, str]) -> None:
    models = {path.name for path in (MODELS / "painting_genre").iterdir()}
    for place, text in built.items():
        gateway, serving = (Cluster(text).container(name) for name in ("gateway", "serving"))
        assert re.search(rf"(^|/)ragam-gateway:{re.escape(VERSION)}$", gateway["image"]), place
        match = re.search(rf"(^|/)ragam-serving:{re.escape(TENSORFLOW)}-model(\d+)(-gpu)?$", serving["image"])
        assert match, place
        assert match[2] in models, place
        assert bool(match[3]) == ("nvidia.com/gpu" in serving["resources"]["limits"]), place


def test_every_file_that_names_a_version_names_this_one() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{VERSION:-([^}]*)\}", compose)) == {VERSION}
    assert len(DOCKERFILES) == 3
    for path in DOCKERFILES:
        assert re.findall(r"^ARG VERSION=(\S+)", path.read_text(), re.MULTILINE) == [VERSION]
    places = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(path for path in ROOT.glob("k8s/**/*") if path.is_file()), *DOCKERFILES]
    text = "\n".join([compose, *(path.read_text() for path in places)])
    assert set(re.findall(r"tensorflow/serving:(\d[\w.-]*\w)", text)) == {TENSORFLOW, f"{TENSORFLOW}-gpu"}
    assert set(re.findall(r"ragam-serving:(\d+\.\d+\.\d+)", text)) == {TENSORFLOW}
    assert set(re.findall(r"ragam-gateway:(\d+\.\d+\.\d+)", text)) == {VERSION}
