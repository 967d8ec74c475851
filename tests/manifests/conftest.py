"""What a person can build of k8s/: each overlay alone and with each component, and the overlay that docs/operations.md shows."""

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


@pytest.fixture(scope="session")
def kubectl() -> Callable[..., subprocess.CompletedProcess[str]]:
    if not KUBECTL.exists():
        pytest.skip("kubectl is not beside this Python, so nothing of k8s/ was built or checked: requirements/dev.txt brings it")

    def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([KUBECTL, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """k8s/ with the overlay of docs/operations.md as `mine`, and monitoring/."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("k8s", "monitoring"):
        shutil.copytree(ROOT / name, folder / name)
    overlays, components = folder / "k8s" / "overlays", sorted(path.name for path in (folder / "k8s" / "components").iterdir())
    for overlay in sorted(path.name for path in overlays.iterdir()):
        for component in components:
            mine = overlays / f"{overlay}+{component}"
            mine.mkdir()
            document = {"resources": [f"../{overlay}"], "components": [f"../../components/{component}"]}
            (mine / "kustomization.yaml").write_text(yaml.safe_dump(document))
    [mine] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    (overlays / "mine").mkdir()
    (overlays / "mine" / "kustomization.yaml").write_text(mine)
    return folder


@pytest.fixture(scope="session")
def built(kubectl: Callable[..., subprocess.CompletedProcess[str]], checkout: Path) -> dict[str, str]:
    """The YAML of every overlay, by its name."""
    texts = {}
    for folder in sorted((checkout / "k8s" / "overlays").iterdir()):
        done = kubectl("kustomize", str(folder), folder=checkout)
        # It warns of what it takes today and will not take tomorrow.
        assert (done.returncode, done.stderr) == (0, ""), folder.name
        texts[folder.name] = done.stdout
    return texts


@pytest.fixture(params=["cpu", "mine"])
def cluster(request: pytest.FixtureRequest, built: dict[str, str]) -> Cluster:
    """The smallest, and the one with a GPU and every component: between them they have every object."""
    return Cluster(built[request.param])
