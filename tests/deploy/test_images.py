"""The images: what is in them, and how large they are."""

import tomllib

import pytest
from deployment import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
MB = 1_000_000


def test_the_gateway_names_its_version_is_small_and_without_tensorflow(deployment):
    image = deployment.inspect(deployment.inspect(deployment.container("gateway"))["Image"])
    assert image["Config"]["Labels"]["org.opencontainers.image.version"] == VERSION
    base = deployment.inspect(deployment.engine.base_image)
    above = (image["Size"] - base["Size"]) / MB
    print(f"\ngateway image: {above:.0f} MB above its base")
    assert above <= 150
    # A package that is only a folder, for the messages below it, has no code of its own.
    code = "from importlib.util import find_spec as f; print(f('tensorflow').origin, f('keras'), f('model_server'), f('training'))"
    assert deployment.python(deployment.container("gateway"), code) == "None None None None"


@pytest.mark.parametrize("profile", ["gpu", "cpu,monitoring", "embedded,edge"])
def test_each_profile_is_what_compose_understands(deployment, profile):
    services = set(deployment.compose("config", "--services", COMPOSE_PROFILES=profile).stdout.split())
    serving, _, beside = profile.partition(",")
    profiles = {"": set(), "monitoring": {"prometheus", "alertmanager", "grafana"}, "edge": {"edge"}}
    assert services == {"gateway", f"serving-{serving}"} | profiles[beside]


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
