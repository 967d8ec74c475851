"""What kustomize itself refuses, and a kubectl that is not there."""

import cluster
import pytest
from cluster import BuildError, Cluster, kustomize


@pytest.mark.parametrize(
    "line",
    ["resources: [../gpuu]", "resources: [../gpu]\ncomponents: [../../components/kedda]", "resorces: [../gpu]", "commonLabels: {a: b}"],
)
def test_kustomize_finds_it(overlay_with, line):
    folder = overlay_with("gpu", ())
    (folder / "kustomization.yaml").write_text(line)
    with pytest.raises(BuildError):
        kustomize(folder)


def test_a_missing_kubectl_is_a_failure_with_a_reason(overlay_with, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "KUBECTL", tmp_path / "kubectl")
    with pytest.raises(BuildError, match=r"There is no kubectl .* install requirements/dev\.txt"):
        Cluster.build(overlay_with("gpu", ()))


def test_a_patch_that_meets_nothing_is_found(overlay_with):
    folder = overlay_with("gpu", ("keda",))
    (folder.parents[1] / "base" / "gateway-scaling.yaml").write_text("{}")
    with pytest.raises(BuildError):
        kustomize(folder)
