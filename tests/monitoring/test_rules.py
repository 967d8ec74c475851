"""The rules by themselves, in Prometheus' own tool: they are read, and every alert is seen to fire and to end."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus import MONITORING

# But for what each version's test had, which the scenarios say themselves; in the order in which one reads what another records.
RULES = [MONITORING / "rules" / f"{name}.yml" for name in ("objectives", "canary", "drift", "alerts")]
SCENARIOS = yaml.safe_load(Path(__file__).with_name("alerts.yml").read_text())


def promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_configuration_and_its_rules():
    output = promtool("check", "config", str(MONITORING / "prometheus.yml"))
    assert output.count("rules found") == len(list((MONITORING / "rules").glob("*.yml"))) > len(RULES)


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


@pytest.mark.parametrize("interval", ["1m", "5m"])
def test_alerts_fire_and_end(tmp_path, interval):
    groups = [group["name"] for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    test = {
        "rule_files": [str(path) for path in RULES],
        # promtool takes groups that no order names in any: an alert would read what was recorded a minute ago.
        "group_eval_order": groups,
        "evaluation_interval": interval,
        "tests": [of_promtool(scenario) for scenario in SCENARIOS if scenario.get("interval", "1m") == interval],
    }
    file = tmp_path / "alerts.test.yml"
    file.write_text(yaml.safe_dump(test))
    assert "SUCCESS" in promtool("test", "rules", str(file))


def of_promtool(scenario: dict[str, Any]) -> dict[str, Any]:
    """As alerts.yml says what it means."""
    series = {'up{instance="a"}': "1x1200", **scenario["series"]}
    checks = []
    for time, alerts in scenario["firing"].items():
        expected = [{"labels": f'{{alertname="{name}",severity="{severity}"}}', "value": 1} for severity, name in map(str.split, alerts)]
        firing = 'count by (alertname, severity) (ALERTS{alertstate="firing"})'
        checks.append({"eval_time": time, "expr": firing, "exp_samples": expected})
    for time, values in scenario.get("values", {}).items():
        for expression, value in values.items():
            expected = [] if value is None else [{"labels": "{}", "value": value}]
            checks.append({"eval_time": time, "expr": f"max({expression})", "exp_samples": expected})
    return {
        "name": scenario["name"],
        "interval": scenario.get("interval", "1m"),
        "input_series": [{"series": name.replace("{", '{job="gateway",'), "values": values} for name, values in series.items()],
        "promql_expr_test": checks,
    }


def test_every_alert_is_seen_to_fire_and_then_to_have_ended():
    seen = set()
    for scenario in SCENARIOS:
        *before, last = scenario["firing"].values()
        seen |= {alert.split()[1] for firing in before for alert in firing if alert not in last}
    rules = [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]
    assert seen == {rule["alert"] for rule in rules if "alert" in rule}
