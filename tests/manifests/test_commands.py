"""The commands that the documents tell to type, tried without a cluster: what kubectl finds wrong it says before it looks for one."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cluster import ROOT, SECRETS, Cluster, flags

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("k8s/*.md")]
README = (ROOT / "k8s" / "README.md").read_text()
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
    given = [checkout / name for name in re.findall(r"--from-file (\S+)", README)]
    return {file.name for path in given for file in (path.iterdir() if path.is_dir() else [path])}


@pytest.fixture(scope="module")
def misunderstood(kubectl, checkout: Path, secrets: set[str]):
    def find(command: str) -> str:
        """What kubectl says against `command` other than that nobody is at the cluster's address."""
        done = kubectl(f"--kubeconfig={os.devnull}", "--server=http://127.0.0.1:1", *shlex.split(command)[1:], folder=checkout)
        if done.returncode == 0 or re.search(r"connect(ion)?.*refused|refused.*connect", done.stderr):
            return ""
        return done.stdout + done.stderr

    return find


def test_kubectl_understands_every_command(misunderstood) -> None:
    assert len(COMMANDS) >= 30
    assert {command: said for command in COMMANDS if (said := misunderstood(command))} == {}
    assert misunderstood("kubectl rollout status deployment/serving --namespce ragam")
    assert misunderstood("kubectl apply -k my-clusterr")


def test_the_commands_name_what_is_there(built: dict[str, str]) -> None:
    cluster, text = Cluster(built["every"]), "\n".join(COMMANDS)
    assert set(re.findall(r"deployment/([a-z-]+)", text)) == cluster.names("Deployment")
    assert set(re.findall(r"--selector app.kubernetes.io/name=([a-z-]+)", text)) <= cluster.pods.keys()
    assert set(re.findall(r"--namespace (\S+)", text)) == cluster.names("Namespace") | {"monitoring"}
    # An apply of something else would strip what was added.
    assert set(re.findall(r"apply -k (\S+)", text)) == {"my-cluster", "my-shadow", "monitoring"}


def test_the_page_s_secrets_have_what_the_pods_look_for(built: dict[str, str], secrets: set[str]) -> None:
    cluster = Cluster(built["every"])
    environment = cluster.environment()
    assert environment.pop("RAGAM_SERVING_TLS").startswith(SECRETS)
    words = [*environment.values(), *flags(cluster.container("serving")["args"]).values()]
    assert {Path(word).name for word in words if word.startswith(SECRETS)} | OF_TLS == secrets
    mounted = {volume["secret"]["secretName"] for name in cluster.pods for volume in cluster.pod(name)["volumes"] if "secret" in volume}
    assert mounted == set(re.findall(r"kubectl create secret generic (\S+)", README))


def test_the_page_s_kustomization_is_its_reader_s(built: dict[str, str]) -> None:
    cluster = Cluster(built["every"])
    for name in cluster.pods:
        images = [each["image"] for kind in ("containers", "initContainers") for each in cluster.pod(name).get(kind, [])]
        assert {image.partition("ragam")[0] for image in images} == {"registry.example.com/"}
    assert set(re.findall(r"image: ([^/\s]+)/", built["gpu"])) == {"set-your-registry.invalid"}, "nothing is pulled from where nobody said"
    assert {cluster.get("Ingress", "gateway")["spec"]["rules"][0]["host"], *cluster.get("HTTPRoute", "gateway")["spec"]["hostnames"]} == {
        "ragam.example.com"
    }
    assert cluster.get("ConfigMap", "serving-models")["data"].keys() == {"models.config"}


def test_the_page_s_lines_switch_components_on_and_change_the_images_there_and_back(kubectl, built: dict[str, str], checkout: Path) -> None:
    file = checkout / "my-cluster" / "kustomization.yaml"
    before = file.read_text()

    def after(line: str) -> Cluster:
        subprocess.run(shlex.split(line), cwd=checkout, check=True)
        return Cluster(kubectl("kustomize", "my-cluster", folder=checkout).stdout)

    there, back = re.findall(r"^\$ (sed -i .*newTag.*)$", README, re.MULTILINE)
    lines = re.findall(r"^\$ (sed -i .*/([a-z-]+)\\\)\$.*)$", README, re.MULTILINE)
    assert {name for _, name in lines} == {"api-keys", "serving-tls", "bulk", "training"}
    try:
        image = after(there).container("serving")["image"]
        first = after(back).container("serving")["image"]
        for line, name in lines:
            cluster = after(line)
            assert f"\n  - ../k8s/components/{name}\n" in file.read_text()
    finally:
        file.write_text(before)
    assert image == first.replace("model4", "model5") != first
    assert {first, *(Cluster(built["every"]).container(name)["image"] for name in ("gateway", "bulk", "training"))} <= set(
        re.findall(r"--tag (\S+)", README)
    )
    assert {"RAGAM_API_KEYS_FILE", "RAGAM_SERVING_TLS"} <= cluster.environment().keys()
    assert cluster.names("Job") == {"bulk", "training"}
