"""Every command of this project that starts TensorFlow Serving, wherever it stands, and the check itself on broken ones."""

import pytest
import serving_flags
import yaml
from cluster import ROOT, Cluster
from images import MODELS

COMPOSE = """
services:
  gateway:
    command: [gunicorn, --config=gateway/gunicorn.conf.py]
  serving-gpu:
    entrypoint: [tensorflow_model_server]
    command: [--port=8500, --model_config_file=/models/models.config, --enable_batching]
  serving-embedded:
    command: [--port=8500]
"""

DOCKERFILE = """
ARG TENSORFLOW=2.20.0-gpu
ARG BASE_IMAGE=tensorflow/serving:${TENSORFLOW}
FROM ${BASE_IMAGE}
COPY model_repository /models
ENTRYPOINT ["tensorflow_model_server", \\
    "--port=8500"]
CMD ["--max_num_load_retries=0"]
"""


def project_commands() -> dict[str, list[str]]:
    """Of the compose files and Dockerfiles that the project has; the cluster's is in serving_command."""
    found = {}
    for path in sorted({*ROOT.glob("docker-compose*.y*ml"), *ROOT.glob("compose*.y*ml")}):
        for service, words in serving_flags.compose_commands(yaml.safe_load(path.read_text())).items():
            found[f"{path.name}: {service}"] = words
    for path in sorted({*ROOT.glob("Dockerfile*"), *ROOT.glob("[!.]*/Dockerfile*")}):
        words = serving_flags.dockerfile_command(path.read_text())
        # Without a command of its own it leaves that to whoever starts it.
        if words:
            found[str(path.relative_to(ROOT))] = words
    return found


def test_every_command_of_the_project_is_understood():
    problems = {place: list(serving_flags.complaints(words, MODELS)) for place, words in project_commands().items()}
    assert {place: found for place, found in problems.items() if found} == {}


def differences(words: list[str], flags: dict[str, str]) -> set[str]:
    """The flags of a command that are not as in `flags`, but for those that are each deployment's own."""
    own = dict(word.removeprefix("--").partition("=")[::2] for word in words[1:])
    changed = {name for name in own.keys() | flags.keys() if own.get(name) != flags.get(name)}
    return changed - {"per_process_gpu_memory_fraction", "ssl_config_file", "model_config_file_poll_wait_seconds"}


def test_compose_and_the_cluster_start_it_alike(overlay_with):
    flags = Cluster.build(overlay_with("gpu", ())).serving_flags()
    alike = ["tensorflow_model_server", *(f"--{name}={value}" for name, value in flags.items()), "--ssl_config_file="]
    assert differences(alike, flags) == set()
    assert differences([*alike[:-2], "--grpc_max_threads=8", "--port=1"], flags) == {"grpc_max_threads", "port"}
    for place, words in project_commands().items():
        if place.startswith("docker-compose"):
            assert differences(words, flags) == set(), place


def test_the_list_has_the_flags_that_the_service_stands_on():
    assert len(serving_flags.FLAGS) == 48
    assert {"enable_grpc_healthcheck_service", "max_num_load_retries", "grpc_max_threads", "ssl_config_file"} <= serving_flags.FLAGS


def test_commands_are_found_where_they_stand():
    assert serving_flags.compose_commands(yaml.safe_load(COMPOSE)) == {
        "serving-gpu": ["tensorflow_model_server", "--port=8500", "--model_config_file=/models/models.config", "--enable_batching"]
    }
    words = serving_flags.dockerfile_command(DOCKERFILE)
    assert words == ["tensorflow_model_server", "--port=8500", "--max_num_load_retries=0"]
    assert list(serving_flags.complaints(words, MODELS)) == []
    assert serving_flags.dockerfile_command('FROM python:3.11-slim\nCMD ["gunicorn"]') is None
    # A later stage counts, for that is the image.
    assert (
        serving_flags.dockerfile_command(f'FROM tensorflow/serving:2.20.0\nFROM python:3.11-slim\nCMD ["{serving_flags.BINARY}"]') is None
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--port=8500"], "starts ['--port=8500'], not tensorflow_model_server itself"),
        (["/bin/sh", "-c"], "not tensorflow_model_server itself"),
        (["tensorflow_model_server", "--enable_bathcing"], "no flag --enable_bathcing"),
        (["tensorflow_model_server", "-port=8500"], "'-port=8500' is no flag"),
        (["tensorflow_model_server", "--port", "8500"], "'8500' is no flag"),
        (["tensorflow_model_server", "--enable_batching=1"], "neither true nor false"),
        (["tensorflow_model_server", "--batching_parameters_file=/models/batch.config"], "there is no /models/batch.config"),
    ],
)
def test_a_broken_command_is_found(words, complaint):
    assert any(complaint in found for found in serving_flags.complaints(words, MODELS))


def test_a_service_that_has_lost_its_binary_is_found():
    document = yaml.safe_load(COMPOSE.replace("entrypoint: [tensorflow_model_server]", "image: tensorflow/serving"))
    words = serving_flags.compose_commands(document)["serving-gpu"]
    assert any("itself" in found for found in serving_flags.complaints(words, MODELS))


def test_a_command_that_goes_through_a_shell_is_refused():
    with pytest.raises(TypeError, match="a list is wanted"):
        serving_flags.compose_commands({"services": {"serving-cpu": {"command": "tensorflow_model_server --port=8500"}}})
    with pytest.raises(ValueError, match="Expecting value"):
        serving_flags.dockerfile_command("FROM tensorflow/serving:2.20.0\nCMD tensorflow_model_server --port=8500")
