"""The cluster's files in the hands of the tools that know Kubernetes: its own schemas, and checkov's rules."""

import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from cluster import ROOT

# The oldest that has preStop's sleep without a feature gate, and the newest with a schema here.
KUBERNETES = ("1.30", kubernetes_validate.latest_version())

# An environment of its own, for checkov pins what it needs.
CHECKOV = ROOT / "build" / "checkov" / "bin" / "checkov"


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_keeps_the_schema(built: dict[str, str], version: str) -> None:
    assert {"cpu", "gpu", "embedded", "small", "gpu+bulk", "my-cluster", "every"} <= built.keys()
    # A component changes some of an overlay's objects: each is read once.
    for entry in {text: yaml.safe_load(text) for document in built.values() for text in document.split("\n---\n")}.values():
        # The kinds of KEDA, the Prometheus Operator and the Gateway API have no schema in Kubernetes; the other tests look at them.
        if not entry["apiVersion"].startswith(("keda.sh/", "monitoring.coreos.com/", "gateway.networking.k8s.io/")):
            kubernetes_validate.validate(entry, version, strict=True)


def test_checkov_has_nothing_to_say(built: dict[str, str], tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("checkov is not here, so its rules on k8s/ were not asked: `make test-manifests` sets it up")
    # Every object is in one of them. Where OpenShift gives the user there is none to judge.
    read = {name: built[name] for name in ("cpu", "gpu", "small", "every")}
    for name, text in read.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    command = [str(CHECKOV), "--config-file", str(ROOT / ".checkov.yaml"), "--directory", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [passed] = re.findall(r"Passed checks: (\d+), Failed checks: 0,", done.stdout)
    assert int(passed) > 100 * len(read), "checkov read fewer files than there are"
