"""The rules by themselves, in Prometheus' own tool: they are read, and every alert is seen to fire and to end."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus import MONITORING

HERE = Path(__file__).parent
RULES = sorted((MONITORING / "rules").glob("*.yml"))
CASES = sorted((HERE / "rules").glob("*.test.yml"))
ALERTS = {
    rule["alert"] for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"] if "alert" in rule
}


def promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_configuration_and_its_rules():
    output = promtool("check", "config", str(MONITORING / "prometheus.yml"))
    assert output.count("rules found") == len(RULES) >= 3


def test_a_cluster_s_prometheus_takes_its_configuration(tmp_path):
    """Debian's has no discovery of pods: the labels that discovery would give stand in for it."""
    config = yaml.safe_load((MONITORING / "kubernetes.yml").read_text())
    own = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    assert {job["job_name"]: job["metrics_path"] for job in config["scrape_configs"]} == {
        job["job_name"]: job["metrics_path"] for job in own["scrape_configs"]
    }
    config["rule_files"] = []
    for job in config["scrape_configs"]:
        assert job.pop("kubernetes_sd_configs") == [{"role": "pod", "namespaces": {"names": ["ragam"]}}]
        job["static_configs"] = [{"targets": ["127.0.0.1:1"], "labels": {"__meta_kubernetes_pod_name": "a"}}]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    promtool("check", "config", str(file))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name.removesuffix(".test.yml"))
def test_alerts_fire_and_end(case):
    assert "SUCCESS" in promtool("test", "rules", str(case))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name.removesuffix(".test.yml"))
def test_what_is_recorded_comes_before_what_reads_it(case):
    """promtool takes groups that no order names in any, another each time: an alert would read what was recorded a minute ago."""
    test = yaml.safe_load(case.read_text())
    groups = [group["name"] for file in test["rule_files"] for group in yaml.safe_load((case.parent / file).read_text())["groups"]]
    assert test["group_eval_order"] == groups


def test_every_alert_is_seen_to_fire_and_then_to_have_ended():
    seen = set()
    for case in CASES:
        for scenario in yaml.safe_load(case.read_text())["tests"]:
            firing: dict[str, set[str]] = {}
            for check in scenario.get("promql_expr_test", []):
                if check["expr"] in ('ALERTS{alertstate="firing"}', "ALERTS"):
                    samples = check["exp_samples"] or []
                    firing[check["eval_time"]] = {re.search(r'alertname="(\w+)"', sample["labels"])[1] for sample in samples}
            times = sorted(firing, key=minutes)
            seen |= {
                name
                for index, time in enumerate(times)
                for name in firing[time]
                if name not in firing[times[-1]] and index < len(times) - 1
            }
    assert seen == ALERTS


def minutes(time: str) -> int:
    return int(time[:-1]) * {"m": 1, "h": 60}[time[-1]]
