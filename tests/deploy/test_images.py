"""The images: what is in them, how large they are."""

import time
import tomllib

import pytest
from deployment import ROOT, SERVING
from service import wait_until

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
MB = 1_000_000


@pytest.mark.parametrize("service", ["gateway", SERVING])
def test_each_names_its_version_and_runs_as_nobody_in_particular(deployment, service):
    image = deployment.inspect(deployment.inspect(deployment.container(service))["Image"])
    assert image["Config"]["Labels"]["org.opencontainers.image.version"] == VERSION
    assert image["Config"]["User"] == "10001:10001"


def test_the_gateway_is_small_and_without_tensorflow(deployment):
    image = deployment.inspect(deployment.inspect(deployment.container("gateway"))["Image"])
    base = deployment.inspect(deployment.engine.base_image)
    above = (image["Size"] - base["Size"]) / MB
    print(f"\ngateway image: {above:.0f} MB above its base")
    assert above <= 150
    # A package that is only a folder, for the messages below it, has no code of its own.
    code = "from importlib.util import find_spec as f; print(f('tensorflow').origin, f('keras'), f('model_server'), f('training'))"
    assert deployment.python(deployment.container("gateway"), code) == "None None None None"


def test_the_first_processes_are_the_servers_themselves(deployment):
    for service, program in (("gateway", "gunicorn"), (SERVING, "model_server")):
        line = deployment.python(deployment.container(service), "print(open('/proc/1/cmdline').read().replace(chr(0), ' '))")
        assert program in line
        assert "sh -c" not in line


def test_the_gateway_that_is_stopped_and_started_is_ready_again(deployment):
    gateway = deployment.container("gateway")
    deployment.engine.docker("stop", gateway)
    start = time.monotonic()
    deployment.engine.docker("start", gateway)
    wait_until(deployment.ready, 120, "readiness")
    print(f"\ngateway: start to ready {time.monotonic() - start:.2f} s")


@pytest.mark.parametrize("profile", ["gpu", "cpu", "embedded", "gpu,monitoring", "cpu,monitoring"])
def test_each_profile_is_what_compose_understands(deployment, profile):
    services = set(deployment.compose("config", "--services", COMPOSE_PROFILES=profile).stdout.split())
    monitoring = {"prometheus", "grafana"} if "monitoring" in profile else set()
    assert services == {"gateway", f"serving-{profile.split(',')[0]}"} | monitoring


def test_the_image_of_a_cluster_has_every_version(deployment):
    """On another base, for TensorFlow Serving's cannot be pulled everywhere: what is shown is what the project's own lines do."""
    tag = f"{deployment.project}-model"
    file, base = ROOT / "model_repository" / "Dockerfile", f"SERVING_IMAGE={deployment.engine.base_image}"
    deployment.engine.docker("build", f"--file={file}", f"--build-arg={base}", f"--tag={tag}", str(ROOT))
    try:
        files = ["run", "--rm", "--entrypoint=find", tag, "/models", "-type", "f", "-readable", "-printf", "%P\\n"]
        found = set(deployment.engine.docker(*files).stdout.split())
        config = deployment.inspect(tag)["Config"]
    finally:
        deployment.engine.docker("image", "rm", tag)
    repository = ROOT / "model_repository"
    expected = {str(path.relative_to(repository)) for path in (repository / "painting_genre").rglob("*") if path.is_file()}
    assert {name for name in found if name.startswith("painting_genre/")} == expected
    assert {"models.config", "batching.config", "monitoring.config"} <= found
    assert config["Entrypoint"] == ["tensorflow_model_server"]
    assert "--model_config_file=/models/models.config" in config["Cmd"]
