"""From what was measured to data, tables and the page on performance: nothing here measures anything."""

import math

import pytest

from benchmarks.bench import report, results, summary
from benchmarks.bench.comparison import Measured
from benchmarks.bench.figures import median, medians, percentile
from benchmarks.bench.grid import GRID, Cell
from benchmarks.bench.limit import Limit
from benchmarks.bench.load import Answer, Load
from benchmarks.bench.peers import OURS, Peer
from benchmarks.bench.table import figure
from benchmarks.time_to_tensor import Figures

MACHINE = {
    "date": "2026-11-24",
    "processor": "A processor",
    "cores": "2",
    "memory": "24 GB",
    "system": "Linux 6",
    "versions": "Python 3.11",
}
LIMIT = Limit({"small": 4.0, "medium": 12.0, "pixel": 0.1}, 8.0, "8 a call, 1 caller", 0.5, {"small": 5.5, "medium": 13.4, "pixel": 1.5})
PREPROCESS = {"gateway": Figures(40.0, 3.0, 0.1), "paper": Figures(170.0, 94.0, 0.0)}
GENRE_PEERS = (
    Peer(OURS, "ours", lambda port: (), None),
    Peer("paper", "the paper's", lambda port: (), "paper"),
    Peer("broken", "b", lambda port: (), None),
)


def load(correct: int, milliseconds: float, wrong: int = 0, errors: int = 0) -> Load:
    good = [Answer(0, milliseconds / 1000, 200, "correct")] * correct
    bad = [Answer(0, 9, 200, "wrong")] * wrong + [Answer(0, 9, 500, "error")] * errors
    return Load(2.0, (*good, *bad), service_processor=0.02 * correct, generator_processor=0.001)


@pytest.fixture
def data(tmp_path) -> dict:
    """As it is read from the file: Ragam measured in every cell, the paper in two, with failures, a third not at all."""
    both = Cell("small", 8, every_round=True), Cell("medium", 8, every_round=True)
    ours = Measured({cell: [load(200, 40), load(220, 30), load(100, 90)] for cell in GRID}, [2.0, 3.0, 4.0], [500.0, 510.0, 600.0])
    paper = Measured({cell: [load(20, 400, wrong=3, errors=5), load(40, 300, errors=1)] for cell in both}, [9.0, 9.0], [900.0, 901.0])
    measured = {OURS: ours, "paper": paper, "broken": Measured(failure="not installed: no space left")}
    found = results.of_comparison(MACHINE, (3, 2.0), GENRE_PEERS, measured, LIMIT)
    results.write(results.with_preprocess(found, PREPROCESS), "comparison", tmp_path)
    return results.read("comparison", tmp_path)


def test_what_nobody_measured_is_no_figure():
    assert [percentile(list(range(100, 0, -1)), share) for share in (0, 1, 50, 95, 99, 100)] == [1, 1, 50, 95, 99, 100]
    assert math.isnan(percentile([], 99))
    assert math.isnan(median([]))
    assert median([float("nan"), 3, 1]) == 2
    assert medians([{"a": 1, "b": 5}, {"a": 3, "b": float("nan")}]) == {"a": 2, "b": 5}
    assert figure(float("nan")) == "-"


def test_counts_are_summed_and_the_rest_are_medians_and_ratios_to_ragam(data):
    small = next(cell for cell in data["cells"] if (cell["kind"], cell["connections"]) == ("small", 8))
    assert small["peers"][OURS]["correct_per_second"] == 100
    assert small["peers"][OURS]["p99_ms"] == 40
    assert small["peers"][OURS]["by_round"] == [100, 110, 50]
    assert (small["peers"]["paper"]["wrong"], small["peers"]["paper"]["errors"]) == (3, 6)
    assert small["peers"]["paper"]["statuses"] == {"200": 63, "500": 6}
    assert data["peers"]["paper"]["memory_mb"] == 900.5
    assert small["of_ragam"]["paper"] == {"correct_per_second": 0.15, "p99_ms": 8.75, "processor_ms": 1.0}
    assert set(small["of_ragam"][OURS].values()) == {1.0}


def test_the_share_of_the_limit(data):
    kinds = data["limit"]["kinds"]
    assert kinds["medium"]["pictures_a_second"] == 100  # two cores, 12 + 8 ms
    assert kinds["medium"]["share"] == 1.0
    assert kinds["small"]["share"] == pytest.approx(100 / (2000 / 12), rel=1e-3)
    assert kinds["medium"]["beyond_decode_ms"] == pytest.approx(1.4)
    assert math.isnan(kinds["pixel"]["share"])


def test_a_peer_that_failed_and_what_is_missing_stay_in_the_tables(data):
    assert "| b | not installed: no space left |" in summary.part(data)
    text = report.comparison(data)
    assert "| broken | not installed: no space left | - | - |" in text
    assert text.count("\n## ") == 3 + len(GRID)
    assert "nan" not in text


@pytest.mark.parametrize(("name", "render"), [("comparison", report.comparison), ("growth", report.growth)])
def test_the_reports_are_those_of_the_results(name, render):
    assert (results.FOLDER / f"{name}.md").read_text() == render(results.read(name))


def test_the_page_on_performance_quotes_the_results(tmp_path):
    assert summary.quoted() == summary.part(results.read("comparison"))
    file = tmp_path / "performance.md"
    file.write_text(f"before\n{summary.BEGIN}old\n{summary.END}after\n")
    summary.write("new\n", file)
    assert file.read_text() == f"before\n{summary.BEGIN}new\n{summary.END}after\n"
