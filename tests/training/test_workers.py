"""Two workers on loopback, each a process as `python -m training train` is one, against a training without TF_CONFIG."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import pytest
import shallow
from service import free_port

from training.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
# The command on the shallow trunk. A second word is where it is killed: in the second epoch, as a machine that is lost.
WORKER = """
import os, signal, sys
from training.__main__ import main
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, "tests/training")
import keras, shallow
shallow.use()
arguments, killed = {arguments!r}, {killed!r}
class Killed(keras.callbacks.TensorBoard):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.model.optimizer.iterations == killed:
            os.kill(os.getpid(), signal.SIGKILL)
if killed:
    keras.callbacks.TensorBoard = Killed
sys.exit(main(arguments))
"""
# A batch that cannot be halved, a last one of another size, and a norm that every step is clipped to. Each worker draws its own masks.
RECIPE = ("--batch-size", "9", "--sampling", "once", "--class-weights", "true", "--dropout", "0", "--clip-norm", "0.05")
STEPS = 5  # of an epoch, for the 42 pictures of `dataset`


def workers(arguments: Sequence[Sequence[str]], killed: int | None = None) -> list[tuple[int, str]]:
    """Exit status and stderr of each; the last is killed after so many steps."""
    addresses = [f"127.0.0.1:{free_port()}" for _ in arguments]
    processes = []
    for index, own in enumerate(arguments):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        program = WORKER.format(arguments=list(own), killed=killed if index == len(arguments) - 1 else None)
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", program],
                cwd=ROOT,
                env={**os.environ, "TF_CONFIG": json.dumps(config)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    try:
        said = [process.communicate()[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, one) for process, one in zip(processes, said, strict=True)]


def history_of(run: Path) -> list[dict[str, float]]:
    with (run / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def alone(training_on: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "alone"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, "MobileNetV2", shallow.trunk)
        assert main(training_on(out, *RECIPE)) == 0
    return out


def test_two_workers_of_which_one_was_lost_learn_what_one_process_learns(
    training_on: Callable[..., list[str]], alone: Path, tmp_path: Path
) -> None:
    out = tmp_path / "together"
    command = training_on(out, *RECIPE)
    (chief, sentence), (other, _) = workers([command] * 2, killed=STEPS + 2)
    assert (chief, other) == (2, -signal.SIGKILL), sentence
    assert "Another worker has ended" in sentence
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["0001"]

    ended = workers([command] * 2)
    assert [status for status, _ in ended] == [0, 0], ended
    assert "Going on after the last full epoch." in ended[0][1]
    rows, expected = history_of(out), history_of(alone)
    assert len(rows) == len(expected) == 2
    # Sums of float32 in another order: 1.2e-7 was seen. Gradients that are clipped before they are added up come to 1.8e-5.
    assert rows == [pytest.approx(row, rel=2e-6) for row in expected]
    facts = json.loads((out / "run.json").read_text())
    assert len(facts["workers"]) == 2
    assert facts["shares"] == json.loads((alone / "run.json").read_text())["shares"]
    # The chief alone writes: what one process leaves, and one file of TensorBoard's for each of the two starts.
    assert {path.name for path in out.iterdir()} == {path.name for path in alone.iterdir()}
    assert len(list((out / "logs" / "train").iterdir())) == 2


def test_workers_that_were_not_asked_for_the_same_train_nothing(training_on: Callable[..., list[str]], tmp_path: Path) -> None:
    recipe = (*RECIPE, "--head-epochs", "0")
    ended = workers([training_on(tmp_path / "run", *recipe), training_on(tmp_path / "run", *recipe, "--brightness", "0.1")])
    assert [status for status, _ in ended] == [2, 2], ended
    assert all("Worker 2 of 2 was started with other arguments" in said for _, said in ended)
    # The folder of another machine, in which is not what the chief wrote.
    ended = workers([training_on(tmp_path / "run", *recipe), training_on(tmp_path / "elsewhere", *recipe)])
    assert [status for status, _ in ended] == [2, 2], ended
    assert all("Worker 2 of 2 does not find in" in said for _, said in ended)
    assert not (tmp_path / "elsewhere").exists()
