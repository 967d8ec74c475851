"""Which images run, and how TensorFlow Serving is started in them: in clusters, in Compose, by its own Dockerfile."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster import ROOT, SERVERS, Cluster, flags

from model_server.ignored_flags import IGNORED
from model_server.settings import parse_settings

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION, TENSORFLOW = PROJECT["project"]["version"], PROJECT["tool"]["ragam"]["tensorflow"]
MODELS = ROOT / "model_repository"
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
# Overlays with the project's own model server.
EMBEDDED = ("embedded", "small")
DOCKERFILES = sorted(ROOT.glob("[!.]*/Dockerfile"))

# Each deployment's own: models and labels may change under the server, TLS may be asked for, the embedded server has a log of levels and
# an address, not every machine has a GPU, and a processor's sessions have one thread.
OWN = {
    *("model_config_file", "model_config_file_poll_wait_seconds", "ssl_config_file", "log_level", "host"),
    *("per_process_gpu_memory_fraction", "tensorflow_session_parallelism"),
}


@pytest.fixture
def commands(built: dict[str, str]) -> dict[str, list[str]]:
    clusters = {name: Cluster(text).container("serving") for name, text in built.items() if name not in EMBEDDED}
    services: dict[str, Any] = {name: SERVICES[name] for name in ("serving-gpu", "serving-cpu")}
    text = (MODELS / "Dockerfile").read_text().replace("\\\n", "")
    return {
        **{name: [*container["command"], *container["args"]] for name, container in clusters.items()},
        **{name: [*service["entrypoint"], *service["command"]] for name, service in services.items()},
        "Dockerfile": [word for name in ("ENTRYPOINT", "CMD") for word in json.loads(re.findall(rf"^{name} (.*)$", text, re.MULTILINE)[0])],
    }


def test_every_flag_is_one_of_tensorflow_serving_s(commands: dict[str, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_settings(["--help"])
    # The names that tensorflow_serving/model_servers/main.cc defines. The server says "unknown argument" of another, and starts without it.
    known = {*IGNORED, *re.findall(r"--(\w+)", capsys.readouterr().out)} - {"help", "host", "log_level"}
    assert len(known) == 48
    for place, (binary, *words) in commands.items():
        # The image's own entrypoint is a shell script that keeps SIGTERM to itself.
        assert binary == "tensorflow_model_server", place
        assert all(word.startswith("--") and "=" in word for word in words), place
        assert flags(words).keys() <= known, place
        for name, value in flags(words).items():
            assert not name.startswith("enable_") or value in ("true", "false"), f"{place}: --{name}"
            assert not value.startswith("/models/") or (MODELS / value.removeprefix("/models/")).is_file(), f"{place}: --{name}"


def test_it_is_started_alike_everywhere(commands: dict[str, list[str]]) -> None:
    found = {place: {name: value for name, value in flags(words[1:]).items() if name not in OWN} for place, words in commands.items()}
    assert [place for place in found if found[place] != found["Dockerfile"]] == []
    # Without the first the probes have no answer; with tries of a broken version whatever comes after it stalls.
    needed = {"enable_grpc_healthcheck_service": "true", "enable_batching": "true", "max_num_load_retries": "0"}
    assert needed.items() <= found["Dockerfile"].items()
    processor = SERVICES["serving-cpu"]
    assert flags(processor["command"])["tensorflow_session_parallelism"] == processor["environment"]["TF_ENABLE_ONEDNN_OPTS"] == "1"
    # The project's own model server takes the same flags.
    embedded = {name: value for name, value in flags(SERVICES["serving-embedded"]["command"]).items() if name not in OWN}
    assert embedded.items() <= found["Dockerfile"].items()


def test_every_cluster_runs_images_of_this_version(built: dict[str, str]) -> None:
    models = {path.name for path in (MODELS / "painting_genre").iterdir()}
    for place, text in built.items():
        cluster = Cluster(text)
        gateway, serving = (cluster.container(name) for name in SERVERS)
        assert re.search(rf"/ragam-gateway:{re.escape(VERSION)}$", gateway["image"]), place
        kind = "-gpu" if "nvidia.com/gpu" in serving["resources"]["limits"] else "-embedded" if place in EMBEDDED else ""
        # What the image serves is the highest version in it.
        tag = f"{VERSION if place in EMBEDDED else TENSORFLOW}-model{max(models, key=int)}{kind}"
        assert serving["image"].endswith(f"/ragam-serving:{tag}"), place
        [models_of_image] = cluster.pod("serving")["initContainers"]
        assert models_of_image["image"] == serving["image"], place
        for job, image in (("bulk", "ragam"), ("training", "ragam-training")):
            if job in cluster.pods:
                assert {cluster.container(name)["image"].rpartition("/")[2] for name in (job, f"{job}-files")} == {f"{image}:{VERSION}"}


def test_every_file_that_names_a_version_names_this_one() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{VERSION:-([^}]*)\}", compose)) == {VERSION}
    assert len(DOCKERFILES) == 5
    for path in DOCKERFILES:
        assert re.findall(r"^ARG VERSION=(\S+)", path.read_text(), re.MULTILINE) == [VERSION]
    places = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(path for path in ROOT.glob("k8s/**/*") if path.is_file()), *DOCKERFILES]
    text = "\n".join([compose, *(path.read_text() for path in places)])
    assert set(re.findall(r"tensorflow/serving:(\d[\w.-]*\w)", text)) == {TENSORFLOW, f"{TENSORFLOW}-gpu"}
    assert set(re.findall(r"ragam-serving:(\d+\.\d+\.\d+)", text)) == {TENSORFLOW, VERSION}
    assert set(re.findall(r"ragam(?:-gateway|-model-server|-training)?:(\d+\.\d+\.\d+)", text)) == {VERSION}


def test_the_embedded_server_takes_what_the_manifests_pass(built: dict[str, str], tmp_path: Path) -> None:
    models_config = (ROOT / "k8s" / "base" / "models.config").read_text()
    assert models_config == (MODELS / "models.config").read_text(), "a cluster serves what the repository says"
    for place in EMBEDDED:
        container = Cluster(built[place]).container("serving")
        assert container["command"][:3] == ["python", "-m", "model_server"]
        words = [word.replace("/models/", f"{MODELS}/") for word in (*container["command"][3:], *container["args"])]
        config = tmp_path / "models.config"
        config.write_text(models_config.replace("/models/", f"{MODELS}/"))
        settings = parse_settings([word.replace("/config/models.config", str(config)) for word in words])
        assert settings.host == "0.0.0.0"
        assert {word.partition("=")[0] for word in settings.ignored} >= {"--rest_api_port", "--max_num_load_retries"}
