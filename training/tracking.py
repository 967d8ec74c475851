"""What MLflow is told of a run, where MLFLOW_TRACKING_URI names a server: the recipe and every epoch's figures, then the scorecard.

An extra: requirements/mlflow.txt. All variables of MLflow count, such as MLFLOW_EXPERIMENT_NAME. Some have defaults of their own here: a
server that does not answer costs half a minute, and MLflow's makers are told nothing.

The run's mlflow.json has what was told, so that a training that goes on, and `evaluate`, tell the rest.
"""

import contextlib
import csv
import json
import math
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.config import StageError
from training.files import regular
from training.options import written
from training.printed import say, without_passwords
from training.train import write_json

if TYPE_CHECKING:  # importing it takes seconds
    from mlflow import MlflowClient

URI, EXPERIMENT = "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"
UNLESS_SET = {
    EXPERIMENT: "ragam",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # where --json has a line an object
}
TOLD = "mlflow.json"
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "loss")  # of each part
OF_TRAINING = ("run.json", "history.csv", "accuracy.png", "loss.png")
# Not worst.html, whose pictures may not be free.
OF_EVALUATION = ("scorecard.json", "scorecard.md", "predictions.csv", "confusion-*.png", "reliability.png", "coverage.png")
LONGEST = 300  # of what a server says went wrong


class Tracking:
    """Tells MLflow of the run in the folder `out`. Where the variable is not set it tells nothing, and nothing of MLflow is imported.

    Nor does it where it is not `on`. Raises StageError where the variable is set and MLflow is not installed. What fails otherwise is one
    warning, and the stage goes on without.
    """

    def __init__(self, out: Path, *, on: bool = True) -> None:
        self._out, self._on = out, on and bool(os.environ.get(URI))
        if not self._on:
            return
        for name, value in UNLESS_SET.items():
            os.environ.setdefault(name, value)
        try:
            import mlflow  # noqa: F401
        except ImportError as error:
            raise StageError(
                f"{URI} is set, and MLflow is not installed. Install it with `pip install -r requirements/mlflow.txt`, or unset {URI}."
            ) from error

    def tell(self, facts: Mapping[str, Any], figures: Mapping[str, object] | None = None, files: Iterable[str] = ()) -> None:
        """The recipe, from the `facts` of asked.json or run.json, and the history's epochs, as far as they were not told before.

        figures, and files by patterns of their names in the run's folder: what a stage has at its end.
        """
        if not self._on:
            return
        try:
            self._tell(facts, figures, files)
        except Exception as error:  # noqa: BLE001 - whatever fails there, the training is worth more
            self._on = False
            why = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]
            without = "MLflow could not be told. This goes on without it, and the next `evaluate` of this run tells what is missing"
            say(f"{without}: {without_passwords(why)}", wrong=True)

    def _tell(self, facts: Mapping[str, Any], figures: Mapping[str, object] | None, files: Iterable[str]) -> None:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param

        from training.callbacks import HISTORY, WORK

        client = MlflowClient()
        told = self._told(client)
        run = told["run_id"]
        if not told["recipe"]:
            settings = {**facts["recipe"], "dataset": facts["dataset"], "genres": facts["genres"], "changed": facts.get("changed", [])}
            client.log_batch(run, params=[Param(name, written(value).strip('"')) for name, value in settings.items()])
            self._write({**told, "recipe": True})
        rows = epochs(self._out / WORK / HISTORY) or epochs(self._out / HISTORY)
        for number, row in enumerate(rows[told["epochs"] :], told["epochs"] + 1):
            client.log_batch(run, metrics=[Metric(name, value, now(), number) for name, value in numbers(row).items()])
            self._write({**told, "recipe": True, "epochs": number})
        if figures is not None:
            client.log_batch(run, metrics=[Metric(name, value, now(), 0) for name, value in numbers(figures).items()])
            for file in (file for pattern in files for file in sorted(self._out.glob(pattern))):
                client.log_artifact(run, str(file))
            client.set_terminated(run)

    def _told(self, client: "MlflowClient") -> dict[str, Any]:
        """What MLflow was told before; of a run that it does not know, as it is another server or was deleted there, nothing."""
        from mlflow.exceptions import MlflowException

        with contextlib.suppress(FileNotFoundError):
            told: dict[str, Any] = json.loads(regular(self._out / TOLD).read_text(encoding="utf-8"))
            try:
                if client.get_run(told["run_id"]).info.lifecycle_stage == "active":
                    return told
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
        name = os.environ[EXPERIMENT]
        experiment = client.get_experiment_by_name(name)
        number = client.create_experiment(name) if experiment is None else experiment.experiment_id
        told = {"run_id": client.create_run(number, run_name=self._out.resolve().name).info.run_id, "recipe": False, "epochs": 0}
        self._write(told)
        return told

    def _write(self, told: Mapping[str, Any]) -> None:
        write_json(self._out / TOLD, told)


def epochs(history: Path) -> list[dict[str, str]]:
    """The rows of a history.csv, less the number of the epoch; none where there is none yet."""
    try:
        with regular(history).open(newline="", encoding="utf-8") as file:
            return [{name: value for name, value in row.items() if name != "epoch"} for row in csv.DictReader(file)]
    except FileNotFoundError:
        return []


def card_figures(card: Mapping[str, Any]) -> dict[str, object]:
    """A scorecard's figures of each part, such as test/accuracy, with the ends of their intervals, and the temperature."""
    found: dict[str, object] = {"temperature": card["temperature"]}
    for part, figures in card["parts"].items():
        for name in FIGURES:
            value = figures[name]
            for end, number in value.items() if isinstance(value, dict) else [("value", value)]:
                found[f"{part}/{name}" if end == "value" else f"{part}/{name}_{end}"] = number
    return found


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those that a chart can show."""
    found = {name: float(value) for name, value in values.items() if value not in {None, ""}}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def now() -> int:
    return int(time.time() * 1000)
