"""What a person can build of k8s/: each overlay, the overlay gpu with each component, and the kustomization that k8s/README.md makes."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from cluster import ROOT, Cluster

# From requirements/dev.txt, pinned: an older one knows no components, and another reads the files in another way.
KUBECTL = Path(sys.executable).with_name("kubectl")
README = (ROOT / "k8s" / "README.md").read_text()
# Of another platform, and in place of other sizes: not with all the others.
ALONE = ("openshift", "small")
NEEDS = {"shadow": ["gateway-api"]}


@pytest.fixture(scope="session")
def kubectl() -> Callable[..., subprocess.CompletedProcess[str]]:
    if not KUBECTL.exists():
        pytest.skip("kubectl is not beside this Python, so nothing of k8s/ was built or checked: requirements/dev.txt brings it")

    def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([KUBECTL, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page's commands find: k8s/, monitoring/, models.config, and my-cluster/ and my-shadow/ as its commands make them."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("k8s", "monitoring"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "model_repository").mkdir()
    shutil.copy(ROOT / "model_repository" / "models.config", folder / "model_repository")
    for line in re.findall(r"^\$ ((?:mkdir -p my-|cp model_repository/|sed .*> my-).*)$", README, re.MULTILINE):
        subprocess.run(["sh", "-euc", line], cwd=folder, check=True)
    every = folder / "every"
    shutil.copytree(folder / "my-cluster", every)
    file = every / "kustomization.yaml"
    file.write_text(without_hashes(file.read_text()))
    return folder


def without_hashes(text: str) -> str:
    """All that stands there to be chosen, but what is a choice between two."""
    text = re.sub(rf"^  # (- \S+/(?!{'|'.join(ALONE)})[a-z-]+)$", r"  \1", text, flags=re.MULTILINE)
    text = text.partition("  # A GPU or nodes to spare")[0]
    return re.sub(r"^  # (- target|  patch|    - \{)", r"  \1", text, flags=re.MULTILINE)


@pytest.fixture(scope="session")
def built(kubectl: Callable[..., subprocess.CompletedProcess[str]], checkout: Path) -> dict[str, str]:
    """The YAML of each, by its name; of my-cluster/ with all that it names as `every`."""
    folders = {path.name: path for path in sorted((checkout / "k8s" / "overlays").iterdir())}
    for component in sorted(path.name for path in (checkout / "k8s" / "components").iterdir()):
        folders[f"gpu+{component}"] = folder = checkout / f"gpu+{component}"
        folder.mkdir(exist_ok=True)
        components = [f"../k8s/components/{name}" for name in (*NEEDS.get(component, []), component)]
        (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["../k8s/overlays/gpu"], "components": components}))
    texts = {}
    for name, path in {**folders, "my-cluster": checkout / "my-cluster", "every": checkout / "every"}.items():
        done = kubectl("kustomize", str(path), folder=checkout)
        # It warns of what it takes today and will not take tomorrow.
        assert (done.returncode, done.stderr) == (0, ""), name
        texts[name] = done.stdout
    return texts


@pytest.fixture(params=["cpu", "every"])
def cluster(request: pytest.FixtureRequest, built: dict[str, str]) -> Cluster:
    """The plain one, and the one with a GPU and every component: between them they have every object."""
    return Cluster(built[request.param])
