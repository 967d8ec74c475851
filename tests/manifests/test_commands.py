"""The commands that the documents tell to type, tried without a cluster: what kubectl finds wrong it says before it looks for one."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cluster import ROOT, SECRETS, Cluster, flags

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("k8s/*.md")]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
# Up to a pipe: what comes after it is not kubectl's.
COMMANDS = sorted(
    {command for path in DOCUMENTS for command in re.findall(r"^\$ (kubectl [^|\n]*[^|\n ])", path.read_text(), re.MULTILINE)}
)
# The files in the folder that RAGAM_SERVING_TLS names.
OF_TLS = {"ca.crt", "tls.crt", "tls.key"}


@pytest.fixture(scope="module")
def secrets(checkout: Path) -> set[str]:
    """The files that the page makes Secrets of, which are there."""
    subprocess.run(["sh", str(ROOT / "certificates.sh"), str(checkout / "secrets")], check=True, capture_output=True)
    (checkout / "secrets" / "api_keys").write_text("a secret\n")
    given = [checkout / name for name in re.findall(r"--from-file (\S+)", OPERATIONS)]
    return {file.name for path in given for file in (path.iterdir() if path.is_dir() else [path])}


@pytest.fixture(scope="module")
def misunderstood(kubectl, checkout: Path, secrets: set[str]):
    def find(command: str) -> str:
        """What kubectl says against `command` other than that nobody is at the cluster's address."""
        done = kubectl(*shlex.split(command)[1:], f"--kubeconfig={os.devnull}", "--server=http://127.0.0.1:1", folder=checkout)
        if done.returncode == 0 or re.search(r"connect(ion)?.*refused|refused.*connect", done.stderr):
            return ""
        return done.stdout + done.stderr

    return find


def test_kubectl_understands_every_command(misunderstood) -> None:
    assert len(COMMANDS) >= 30
    assert {command: said for command in COMMANDS if (said := misunderstood(command))} == {}
    assert misunderstood("kubectl rollout status deployment/serving --namespce ragam")
    assert misunderstood("kubectl apply -k k8s/overlays/gpuu")


def test_the_commands_name_what_is_there(built: dict[str, str]) -> None:
    cluster, text = Cluster(built["gpu"]), "\n".join(COMMANDS)
    assert set(re.findall(r"deployment/([a-z]+)", text)) == cluster.names("Deployment")
    assert set(re.findall(r"--namespace (\S+)", text)) == cluster.names("Namespace") | {"monitoring"}


def test_the_page_s_secrets_have_what_the_pods_look_for(built: dict[str, str], secrets: set[str]) -> None:
    cluster = Cluster(built["mine"])
    environment = cluster.environment()
    assert environment.pop("RAGAM_SERVING_TLS").startswith(SECRETS)
    words = [*environment.values(), *flags(cluster.container("serving")["args"]).values()]
    assert {Path(word).name for word in words if word.startswith(SECRETS)} | OF_TLS == secrets
    mounted = {
        volume["secret"]["secretName"] for name in ("gateway", "serving") for volume in cluster.pod(name)["volumes"] if "secret" in volume
    }
    assert mounted == set(re.findall(r"kubectl create secret generic (\S+)", OPERATIONS))


def test_the_page_s_overlay_is_its_reader_s(built: dict[str, str]) -> None:
    cluster = Cluster(built["mine"])
    assert {cluster.container(name)["image"].partition("ragam-")[0] for name in ("gateway", "serving")} == {"registry.example.com/"}
    assert cluster.get("Ingress", "gateway")["spec"]["rules"][0]["host"] == "ragam.example.com"


def test_the_page_s_images_run_and_its_tags_change_them_there_and_back(kubectl, built: dict[str, str], checkout: Path) -> None:
    def image() -> str:
        done = kubectl("kustomize", "k8s/overlays/gpu", folder=checkout)
        return str(Cluster(done.stdout).container("serving")["image"])

    tags = set(re.findall(r"--tag (\S+)", OPERATIONS))
    first = image()
    assert {first, Cluster(built["gpu"]).container("gateway")["image"]} <= tags
    there, back = re.findall(r"^\$ (sed -i .*)$", OPERATIONS, re.MULTILINE)
    subprocess.run(shlex.split(there), cwd=checkout, check=True)
    assert image() in tags - {first}
    subprocess.run(shlex.split(back), cwd=checkout, check=True)
    assert image() == first
