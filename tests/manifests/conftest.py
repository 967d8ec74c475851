"""The clusters that a person can make of k8s/: each overlay alone, with each component, and with all."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from cluster import COMPONENTS, K8S, OVERLAYS, Cluster

CHOICES = [(), *((name,) for name in COMPONENTS), tuple(COMPONENTS)]


@pytest.fixture(scope="session")
def overlay_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder with an overlay of one's own, as docs/operations.md tells to write it."""

    def make(overlay: str, components: tuple[str, ...]) -> Path:
        k8s = tmp_path_factory.mktemp("k8s") / "k8s"
        shutil.copytree(K8S, k8s)
        folder = k8s / "overlays" / "mine"
        folder.mkdir()
        document = {"resources": [f"../{overlay}"], "components": [f"../../components/{name}" for name in components]}
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
        return folder

    return make


@pytest.fixture(
    scope="session", params=[(overlay, choice) for overlay in OVERLAYS for choice in CHOICES], ids=lambda p: "+".join((p[0], *p[1]))
)
def cluster(request: pytest.FixtureRequest, overlay_with: Callable[..., Path]) -> Cluster:
    return Cluster.build(overlay_with(*request.param))
