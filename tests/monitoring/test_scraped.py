"""A real Prometheus over a real gateway of two workers: what it has recorded is what was sent, and every question has its answer."""

import json
import os
import re
import signal
import subprocess

import pytest
import requests
import yaml
from prometheus import MONITORING
from prometheus_client.multiprocess import MultiProcessCollector
from service import wait_until
from traffic import BAD, BATCH, BATCHES, EXPLAINED, LOST, PREDICTED, WORKERS

from gateway.capacity import THREADS

DASHBOARD = json.loads((MONITORING / "grafana" / "dashboards" / "ragam.json").read_text())
PANELS = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in DASHBOARD["panels"] if panel["type"] != "row"}

# What has no series before something happens that no test here causes: a setting is on, a call fails, TensorFlow Serving itself.
AFTER_AN_EVENT = {
    "ragam_serving_retries_total",
    "ragam_rate_limited_requests_total",
    "ragam_label_failures_total",
    ":tensorflow:serving:request_count",
}
# Recorded, but only of what is in the rows above, or of a version whose distribution on its test is known.
NOT_RECORDED_HERE = {
    "job_label:ragam_label_failures:ratio_rate10m",
    "job_label:ragam_label_pictures:rate10m",
    "job_label_version:ragam_label_failures:ratio_rate10m",
    "ragam_training_genre_share",
    "statistic_version:ragam_answer_bins:psi1d",
    "version:ragam_genres:psi1d",
}

# Of one round of traffic.py.
ROUND = {
    'sum(ragam_requests_total{route="/prediction",method="POST",status="200"})': PREDICTED,
    'sum(ragam_requests_total{route="/prediction",status="400"})': BAD,
    'sum(ragam_requests_total{route="/predictions",status="200"})': BATCHES,
    'sum(ragam_requests_total{route="/explanation",status="200"})': EXPLAINED,
    'sum(ragam_requests_total{route="none",status="404"})': LOST,
    "sum(ragam_predictions_total)": PREDICTED + BATCHES * BATCH + EXPLAINED,
    'sum(ragam_request_seconds_count{route="/prediction"})': PREDICTED + BAD,
    'sum(ragam_stage_seconds_count{stage="decode_wait"})': PREDICTED + BATCHES * BATCH + 2 * EXPLAINED,
    'sum(ragam_serving_calls_total{method="Predict",code="OK"})': PREDICTED + BATCHES + EXPLAINED,
}
GAUGES = {
    "ragam_ready": 1,
    "ragam_workers": WORKERS,
    "ragam_worker_threads": WORKERS * THREADS,
    "sum(ragam_model_version)": 1,
    'ragam_settings{setting="max_wait_seconds"}': 2.5,
    "ragam_expected_wait_seconds": 0,
    "ragam_requests_in_flight": 0,
    # Counted from nothing, so that the first failure is an increase.
    'count(ragam_requests_total{method="POST",status=~"5.."} == 0)': 5 * 4,
}


def test_what_is_recorded_is_what_was_sent(watched):
    expected = {expression: 2 * count for expression, count in ROUND.items()} | GAUGES
    assert {expression: watched.prometheus.value(expression) for expression in expected} == expected


def test_both_workers_have_a_part_of_it(watched):
    """Else the sums above would not show that anything is summed."""
    counts = []
    for file in watched.metrics_folder.glob("counter_*.db"):
        families = MultiProcessCollector.merge([str(file)])
        samples = [sample for family in families for sample in family.samples if sample.name == "ragam_requests_total"]
        counts.append(sum(sample.value for sample in samples if sample.labels["route"] == "/prediction"))
    assert len([count for count in counts if count > 0]) == WORKERS
    assert sum(counts) == 2 * (PREDICTED + BAD)


def test_promtool_finds_nothing_to_say_of_the_metrics(watched):
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=watched.exposition(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def rules_of_the_files():
    files = [yaml.safe_load(path.read_text()) for path in sorted((MONITORING / "rules").glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def test_every_rule_is_evaluated_and_every_alert_listed(watched):
    expected = sorted(rule.get("alert") or rule["record"] for rule in rules_of_the_files())

    def rules():
        return [rule for group in watched.prometheus.ask("rules")["groups"] for rule in group["rules"]]

    wait_until(lambda: all(rule["health"] != "unknown" for rule in rules()), what="an evaluation of each rule")
    assert [(rule["name"], rule["health"], rule.get("lastError")) for rule in rules() if rule["health"] != "ok"] == []
    assert sorted(rule["name"] for rule in rules()) == expected


def names(expression):
    """The metrics and recorded series that stand in a query."""
    bare = re.sub(r'"[^"]*"|\b(by|on|without|group_left|ignoring) ?\([^)]*\)', "", expression)
    return set(re.findall(r"(?<![\w:])(?:[\w:]*ragam_[\w:]+|:tensorflow:[\w:]+)", bare))


@pytest.mark.parametrize("title", PANELS)
def test_every_panel_s_query_is_answered(watched, title):
    for expression in PANELS[title]:
        query = expression.replace("$job", "gateway").replace("$instance", ".*")
        found = watched.prometheus.vector(query)
        if not names(query) & (AFTER_AN_EVENT | NOT_RECORDED_HERE):
            assert found, query


def test_every_query_of_the_page_on_operations_is_answered(watched):
    for query in re.findall(r"```promql\n(.*?)```", (MONITORING.parent / "docs" / "operations.md").read_text(), re.DOTALL):
        watched.prometheus.vector(query)


def test_every_metric_that_rules_and_dashboard_name_is_exported(watched):
    exported = set(re.findall(r"^(ragam_\w+)", watched.exposition(), re.MULTILINE))
    recorded = set()
    used = {name for expressions in PANELS.values() for expression in expressions for name in names(expression)}
    for rule in rules_of_the_files():
        used |= names(rule["expr"])
        recorded |= {rule["record"]} if "record" in rule else set()
    assert len(used & exported) >= 15
    assert used - exported - recorded - NOT_RECORDED_HERE == AFTER_AN_EVENT & used


def test_a_killed_worker_takes_its_gauges_along_and_leaves_its_counts(watched):
    before = watched.prometheus.value("sum(ragam_predictions_total)")
    os.kill(watched.gateway.children()[0], signal.SIGKILL)
    prometheus = watched.prometheus
    wait_until(
        lambda: prometheus.value("ragam_worker_exits_total") == 1 and prometheus.value("ragam_workers") == WORKERS, 60, "a successor"
    )
    assert prometheus.value("ragam_worker_threads") == WORKERS * THREADS
    assert prometheus.value("ragam_requests_in_flight") == 0
    assert prometheus.value("sum(ragam_predictions_total)") == before
    wait_until(lambda: prometheus.vector('ALERTS{alertname="RagamWorkersEnd",alertstate="firing"}'), what="the alert")


def test_a_model_server_that_went_away_shows(watched):
    [model_server] = [process for process in watched.service.processes if process is not watched.gateway]
    model_server.stop()
    wait_until(lambda: requests.get(f"{watched.service.address}/readyz", timeout=30).status_code == 503, what="503")
    assert watched.service.post(b"no picture").status_code == 400
    wait_until(lambda: watched.prometheus.value("ragam_ready") == 0, what="ragam_ready")
    wait_until(lambda: watched.prometheus.value('sum(ragam_serving_calls_total{code="UNAVAILABLE"})'), what="UNAVAILABLE")
    wait_until(lambda: watched.prometheus.vector('ALERTS{alertname="RagamNoModel",alertstate="pending"}'), what="the alert")
