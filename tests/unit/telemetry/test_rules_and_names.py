"""What no Prometheus reads: the runbook, and where the rules are mounted. What a real one makes of the rules: tests/monitoring."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
RULES = sorted((ROOT / "monitoring" / "rules").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "monitoring" / "grafana" / "dashboards").glob("*.json"))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

DECLARED = set(re.findall(r'"(ragam_\w+)"', (ROOT / "gateway/telemetry/metrics.py").read_text()))


def rules():
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def test_every_metric_that_the_runbook_names_is_exported_or_recorded():
    """Of the rules and the dashboard a real Prometheus says so."""
    named = set(re.findall(r"(?<![\w:])[\w:]*ragam_[\w:]+", OPERATIONS))
    assert len(named) >= 10
    assert {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in named - RECORDED} <= DECLARED


def test_every_alert_has_its_chapter_and_every_chapter_its_alert():
    assert set(re.findall(r"^### (Ragam\w+)$", OPERATIONS, re.MULTILINE)) == set(ALERTS)
    for name, rule in ALERTS.items():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        chapter = OPERATIONS.partition(f"### {name}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
        assert [word for word in ("**Means**", "**Look**", "**Do**") if word not in chapter] == []


def test_the_rules_are_mounted_where_prometheus_looks_for_them_and_a_cluster_gets_every_file():
    volumes = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["prometheus"]["volumes"]
    assert [volume.split(":")[:2] for volume in volumes if "rules" in volume] == [["./monitoring/rules", "/etc/prometheus/rules"]]
    for name in ("prometheus.yml", "kubernetes.yml"):
        assert yaml.safe_load((ROOT / "monitoring" / name).read_text())["rule_files"] == ["rules/*.yml"]
    listed = yaml.safe_load((ROOT / "monitoring" / "kustomization.yaml").read_text())["configMapGenerator"]
    files = {file for entry in listed for file in entry["files"]}
    assert files == {str(path.relative_to(ROOT / "monitoring")) for path in (*RULES, *DASHBOARDS)}
