"""A real Prometheus over a real gateway of two workers: what it has recorded is what was sent, and every question has its answer."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

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

ROUND = {
    'sum(ragam_requests_total{route="/prediction",method="POST",status="200"})': PREDICTED,
    'sum(ragam_requests_total{route="/prediction",status="400"})': BAD,
    'sum(ragam_requests_total{route="/predictions",status="200"})': BATCHES,
    'sum(ragam_requests_total{route="/explanation",status="200"})': EXPLAINED,
    'sum(ragam_requests_total{route="none",status="404"})': LOST,
    "sum(ragam_predictions_total)": PREDICTED + BATCHES * BATCH + EXPLAINED,
    "sum(ragam_confidence_count)": PREDICTED + BATCHES * BATCH + EXPLAINED,
    'sum(ragam_confidence_bucket{le="1.0"})': PREDICTED + BATCHES * BATCH + EXPLAINED,
    'sum(ragam_request_seconds_count{route="/prediction"})': PREDICTED + BAD,
    'sum(ragam_stage_seconds_count{stage="predict"})': PREDICTED + BATCHES,
    'sum(ragam_stage_seconds_count{stage="explain"})': EXPLAINED,
    'sum(ragam_stage_seconds_count{stage="draw"})': EXPLAINED,
    'sum(ragam_stage_seconds_count{stage="decode_wait"})': PREDICTED + BATCHES * BATCH + 2 * EXPLAINED,
    'sum(ragam_stage_seconds_count{stage="decode"})': PREDICTED + BATCHES * BATCH + EXPLAINED,
    "ragam_upload_bytes_count": PREDICTED + BATCHES * BATCH + EXPLAINED + BAD,
    "ragam_upload_pixels_count": PREDICTED + BATCHES * BATCH + EXPLAINED,
    "ragam_upload_pixels_sum": (PREDICTED + EXPLAINED) * 320 * 240 + BATCHES * BATCH * 200 * 100,
    'sum(ragam_serving_calls_total{method="Predict",code="OK"})': PREDICTED + BATCHES + EXPLAINED,
}


@pytest.mark.parametrize("expression", ROUND)
def test_what_is_recorded_is_what_was_sent(watched, expression):
    assert watched.prometheus.value(expression) == 2 * ROUND[expression]


def test_both_workers_have_a_part_of_it(watched):
    """Else the sums above would not show that anything is summed."""
    counts = []
    for file in watched.metrics_folder.glob("counter_*.db"):
        families = MultiProcessCollector.merge([str(file)])
        samples = [sample for family in families for sample in family.samples if sample.name == "ragam_requests_total"]
        counts.append(sum(sample.value for sample in samples if sample.labels["route"] == "/prediction"))
    assert len([count for count in counts if count > 0]) == WORKERS
    assert sum(counts) == 2 * (PREDICTED + BAD)


def test_gauges_tell_how_it_stands(watched):
    assert watched.prometheus.value("ragam_ready") == 1
    assert watched.prometheus.value("ragam_workers") == WORKERS
    assert watched.prometheus.value("ragam_worker_threads") == WORKERS * THREADS
    assert watched.prometheus.vector("ragam_model_version")[0][0]["version"] == "3"
    assert watched.prometheus.value('ragam_settings{setting="max_upload_bytes"}') == 20 * 1024 * 1024
    [(labels, value)] = watched.prometheus.vector("ragam_info")
    assert (labels["version"], value) == ("0.2.0", 1)
    assert watched.prometheus.value("ragam_expected_wait_seconds") == 0
    assert watched.prometheus.value('ragam_settings{setting="max_wait_seconds"}') == 2.5
    assert watched.prometheus.value("ragam_requests_in_flight") == 0


def test_promtool_finds_nothing_to_say_of_the_metrics(watched):
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=watched.exposition(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_rule_is_evaluated_and_every_alert_listed(watched):
    files = [yaml.safe_load(path.read_text()) for path in sorted((MONITORING / "rules").glob("*.yml"))]
    expected = sorted(rule.get("alert") or rule["record"] for file in files for group in file["groups"] for rule in group["rules"])

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


@pytest.mark.parametrize("query", re.findall(r"```promql\n(.*?)```", (MONITORING.parent / "docs" / "operations.md").read_text(), re.DOTALL))
def test_every_query_of_the_page_on_operations_is_answered(watched, query):
    watched.prometheus.vector(query)


def test_failures_are_counted_from_nothing(watched):
    """... so that the first of them is an increase."""
    samples = watched.prometheus.vector('ragam_requests_total{method="POST",status=~"5.."}')
    assert len(samples) == 5 * 4
    assert {value for _, value in samples} == {0}


def test_every_metric_that_rules_and_dashboard_name_is_exported(watched):
    exported = set(re.findall(r"^(ragam_\w+)", watched.exposition(), re.MULTILINE))
    recorded = set()
    used = set()
    for path in sorted((MONITORING / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                used |= names(rule["expr"])
                recorded |= {rule["record"]} if "record" in rule else set()
    for expressions in PANELS.values():
        for expression in expressions:
            used |= names(expression)
    assert len(used & exported) >= 15
    assert used - exported - recorded - NOT_RECORDED_HERE == AFTER_AN_EVENT & used


def test_a_killed_worker_takes_its_gauges_along_and_leaves_its_counts(watched):
    before = watched.prometheus.value("sum(ragam_predictions_total)")
    master = watched.gateway.popen.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    assert len(children) == WORKERS
    os.kill(int(children[0]), signal.SIGKILL)
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


def test_a_metric_of_every_kind_is_in_no_label_of_the_caller_s(watched):
    before = len(watched.exposition().splitlines())
    for number in range(20):
        headers = {"X-Request-ID": f"id-{number}", "User-Agent": f"agent-{number}", "Accept": f"text/{number}"}
        files = {"image": (f"name-{number}.jpg", b"no picture", f"image/{number}")}
        url = f"{watched.service.address}/prediction?details=true&number={number}"
        requests.request("POST", url, files=files, headers=headers, timeout=30)
        requests.request(f"WORD{number}", f"{watched.service.address}/{number}", headers=headers, timeout=30)
        requests.request(f"WORD{number}", f"{watched.service.address}/prediction", headers=headers, timeout=30)
    lines = watched.exposition().splitlines()
    # At most POST's 400, and the invented methods as one on either route.
    assert len(lines) - before <= 3 + 13
