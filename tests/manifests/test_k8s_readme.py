"""What docs/operations.md tells to type, tried without a cluster, and the figures of docs/performance.md."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from cluster import K8S, KUBECTL, PROJECT, ROOT, Cluster, containers

from benchmarks.capacity import COLUMNS, Inputs, gateway_rate, gateways_for_a_serving_pod, plan, row

PAGE = (ROOT / "docs" / "operations.md").read_text()
FIGURES = (ROOT / "docs" / "performance.md").read_text()
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
# Up to a pipe. What only prints needs no cluster, and says so by printing.
KUBECTL_COMMANDS = re.findall(r"^\$ (kubectl (?![^|\n]*--dry-run)[^|\n]*[^|\n ])", PAGE, re.MULTILINE)
SECRET_FILES = ("api_keys", "ca.pem", "gateway.pem", "gateway.key", "serving.ssl.config")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """k8s/ with the page's own overlay, monitoring/, and files where its Secrets come from."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(K8S, folder / "k8s")
    shutil.copytree(ROOT / "monitoring", folder / "monitoring")
    [overlay] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "k8s" / "overlays" / "mine").mkdir()
    (folder / "k8s" / "overlays" / "mine" / "kustomization.yaml").write_text(overlay)
    (folder / "secrets").mkdir()
    for name in SECRET_FILES:
        (folder / "secrets" / name).write_text("a secret\n")
    return folder


def kubectl(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """With a cluster that nobody can reach: what kubectl itself finds wrong, it says before it notices."""
    words = [str(KUBECTL), *shlex.split(command)[1:], "--server=http://127.0.0.1:1"]
    environ = {**os.environ, "KUBECONFIG": os.devnull}
    return subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False)


def misunderstood(command: str, folder: Path) -> str:
    """What kubectl says against `command` other than that there is no cluster."""
    run = kubectl(command, folder)
    return "" if re.search(r"connect(ion)?.*refused|refused.*connect", run.stderr) else run.stdout + run.stderr or "it says nothing"


def test_the_page_has_every_task():
    assert len(KUBECTL_COMMANDS) >= 25
    assert {"apply", "diff", "rollout", "scale", "get", "top", "logs"} <= {command.split()[1] for command in KUBECTL_COMMANDS}


@pytest.mark.parametrize("command", sorted({*KUBECTL_COMMANDS}))
def test_kubectl_understands(command, checkout):
    assert misunderstood(command, checkout) == ""


@pytest.mark.parametrize(
    "command",
    [
        "kubectl apply -k k8s/overlays/gpuu",
        "kubectl rollout status deployment/serving --namespce ragam",
        "kubectl rolout undo deployment/serving",
        "kubectl scale deployment/serving --namespace ragam",
        "kubectl create secret generic a --from-file secrets/key",
    ],
)
def test_a_wrong_command_is_found(command, checkout):
    assert misunderstood(command, checkout)


def test_it_names_what_is_there():
    built = Cluster.build(K8S / "overlays" / "gpu")
    kinds = {"deployment": "Deployment", "service": "Service"}
    ours = [command for command in KUBECTL_COMMANDS if "--namespace ragam" in command]
    named = set(re.findall(r"(deployment|service)/([a-z]+)", "\n".join(ours)))
    assert len(named) == 3
    assert all(built.has(kinds[kind], name) for kind, name in named)
    assert set(re.findall(r"--namespace (\S+)", "\n".join(COMMANDS))) == {"ragam", "monitoring"}


def test_its_own_overlay_is_built(checkout):
    built = Cluster.build(checkout / "k8s" / "overlays" / "mine")
    images = [container["image"] for deployment in built.deployments() for container in containers(deployment)]
    assert all(image.startswith("registry.example.com/ragam-") for image in images)
    assert built.get("Ingress", "gateway")["spec"]["rules"][0]["host"] == "ragam.example.com"
    assert built.has("ScaledObject", "gateway")


def test_its_secrets_have_what_the_pods_look_for(checkout):
    built = Cluster.build(checkout / "k8s" / "overlays" / "mine")
    wanted = {
        Path(value).name for value in (*built.environment().values(), *built.serving_flags().values()) if value.startswith("/run/secrets/")
    }
    assert wanted == set(SECRET_FILES) == {Path(name).name for name in re.findall(r"--from-file (\S+)", "\n".join(COMMANDS))}


def test_a_tag_changes_the_image_and_changes_it_back(checkout):
    def image() -> str:
        return containers(Cluster.build(checkout / "k8s" / "overlays" / "gpu").get("Deployment", "serving"))[0]["image"]

    first = image()
    there, back = (command for command in COMMANDS if command.startswith("sed -i "))
    subprocess.run(shlex.split(there), cwd=checkout, check=True)
    assert image() == "ragam-serving:2.20.0-model3-gpu" != first
    subprocess.run(shlex.split(back), cwd=checkout, check=True)
    assert image() == first


def test_the_images_that_it_builds_are_those_that_run():
    built = Cluster.build(K8S / "overlays" / "gpu")
    tags = {re.search(r"--tag (\S+)", command)[1] for command in COMMANDS if command.startswith("docker build")}
    assert {containers(deployment)[0]["image"] for deployment in built.deployments()} <= tags


def test_every_mention_of_tensorflow_serving_s_image_is_of_the_one_version():
    places = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("docker-compose*.yml"),
        *K8S.rglob("*"),
        *ROOT.glob("[!.]*/Dockerfile*"),
    ]
    text = "\n".join(path.read_text() for path in places if path.is_file())
    assert set(re.findall(r"(?:tensorflow/|ragam-)serving:(\d+\.\d+\.\d+)", text)) == {PROJECT["tool"]["ragam"]["tensorflow"]}


def test_its_figures_are_the_model_s():
    for load in (10, 1000, 100_000):
        found = plan(load, Inputs())
        assert row(f"{load:,.0f}", *(f"{getattr(found, name):,.{digits}f}" for name, digits in COLUMNS.values())) in FIGURES
    costs = re.findall(r"^\| (\d+ x \d+ \w+) \|.*?\| ([\d,]+) \| [\d,]+ \| ([\d.]+) \| ([\d,]+) \|$", FIGURES, re.MULTILINE)
    assert len(costs) == 5
    for _, milliseconds, rate, gateways in costs:
        inputs = Inputs(gateway_ms=float(milliseconds.replace(",", "")))
        assert float(rate) == pytest.approx(gateway_rate(inputs), rel=0.05)
        assert int(gateways.replace(",", "")) == round(gateways_for_a_serving_pod(inputs))
