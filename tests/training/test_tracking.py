"""What MLflow is told, by its own client in a store of files; and that a training needs neither MLflow nor its server."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from training.__main__ import main
from training.tracking import OF_TRAINING, UNLESS_SET, URI, Tracking

FACTS = {"recipe": {"name": "ragam", "epochs": 3, "teacher": None}, "dataset": "abc", "genres": ["Rings", "Stripes"], "changed": []}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store in a folder, without a server: MLflow calls it in maintenance mode and takes it where it is told to."""
    for name in UNLESS_SET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(URI, (tmp_path / "store").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    before = dict(os.environ)
    yield tmp_path / "store"
    os.environ.clear()
    os.environ.update(before)


def runs_of(store: Path) -> list[Path]:
    return sorted(path.parent for path in store.glob("*/*/meta.yaml"))


def told(run: Path, metric: str) -> list[tuple[float, int]]:
    """The values of a metric with their steps."""
    lines = [line.split() for line in (run / "metrics" / metric).read_text().splitlines()]
    return [(float(value), int(step)) for _, value, step in lines]


def trained(folder: Path, *losses: float) -> Path:
    """A run's folder after epochs of these losses."""
    (folder / "history.csv").write_text("\n".join(["epoch,loss", *(f"{epoch},{loss}" for epoch, loss in enumerate(losses))]) + "\n")
    return folder


def test_a_run_tells_its_recipe_every_epoch_and_the_scorecard(dataset: Path, evaluated: Path, store: Path, tmp_path: Path) -> None:
    out = shutil.copytree(evaluated, tmp_path / "run")
    assert main(["evaluate", "--data", str(dataset), "--run", str(out), "--skip-protocols"]) == 0
    [run] = runs_of(store)
    assert (run / "params" / "epochs").read_text() == "2"
    assert (run / "params" / "weights").read_text() == "none"
    assert [step for _, step in told(run, "val_loss")] == [1, 2]
    [(accuracy, _)] = told(run, "external-test/accuracy")
    assert 0 <= accuracy <= 1
    names = {path.name for path in (run / "artifacts").iterdir()}
    assert names >= {"scorecard.md", "predictions.csv", "reliability.png", "confusion-test.png"}
    assert "worst.html" not in names


def test_a_training_that_goes_on_tells_the_other_epochs_and_another_server_all(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tracking(tmp_path).tell(FACTS)
    Tracking(trained(tmp_path, 1.5)).tell(FACTS)
    Tracking(trained(tmp_path, 1.5, 1.25)).tell(FACTS, {}, OF_TRAINING)
    [run] = runs_of(store)
    assert (run / "artifacts" / "history.csv").read_bytes() == (tmp_path / "history.csv").read_bytes()
    assert told(run, "loss") == [(1.5, 1), (1.25, 2)]
    assert (run / "params" / "teacher").read_text() == "none"
    monkeypatch.setenv(URI, (tmp_path / "other").as_uri())
    Tracking(tmp_path).tell(FACTS, {"test/accuracy": 0.5, "external/accuracy": float("nan")})
    [run] = runs_of(tmp_path / "other")
    assert told(run, "loss") == [(1.5, 1), (1.25, 2)]
    assert told(run, "test/accuracy") == [(0.5, 0)]
    assert not (run / "metrics" / "external").exists()


def test_a_server_that_is_gone_costs_a_training_one_warning(
    training_on: Callable[..., list[str]],
    shallow_trunk: None,
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv(URI, f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        assert main(training_on(tmp_path / "run", "--epochs", "1")) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "MLflow" in line]
    assert len(warnings) == 1
    assert "the next `evaluate` of this run tells what is missing" in warnings[0]
    assert (tmp_path / "run" / "run.json").is_file()


def test_where_mlflow_is_missing_the_training_says_how_to_install_it_and_does_not_begin(
    training_on: Callable[..., list[str]], store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert main(training_on(tmp_path / "run")) == 2
    assert "pip install -r requirements/mlflow.txt" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    # Without the variable it is not asked for.
    monkeypatch.delenv(URI)
    Tracking(tmp_path).tell(FACTS)
