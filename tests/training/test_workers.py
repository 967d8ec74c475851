"""Two workers on loopback, each a process as `python -m training train` is one, against a training without TF_CONFIG."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from service import free_port

from training import fit
from training.__main__ import main
from training.config import StageError

ROOT = Path(__file__).resolve().parents[2]
# The command on the shallow trunk, one time after the other with one connection, as a worker takes seconds to start. With `killed` it is
# killed before what the last epoch has learned is written, as a machine that is lost.
WORKER = """
import functools, os, signal, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, "tests/training")
import shallow
from training import callbacks, fit
from training.__main__ import main
shallow.use()
fit.strategy = functools.cache(fit.strategy)
commands, killed = {commands!r}, {killed!r}
class Killed(callbacks.Snapshot):
    def on_epoch_end(self, epoch, logs):
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        super().on_epoch_end(epoch, logs)
if killed:
    callbacks.Snapshot = Killed
print(*(main(command) for command in commands), file=sys.stderr)
"""
# A batch that cannot be halved, a last one of another size, and a norm that every step is clipped to. Each worker draws its own masks.
RECIPE = (
    *("--batch-size", "19", "--sampling", "once", "--class-weights", "true", "--dropout", "0", "--clip-norm", "0.05"),
    *("--head-epochs", "0", "--shares", "0.5,1"),
)


def workers(commands: Sequence[Sequence[Sequence[str]]], *, killed: bool = False) -> list[tuple[int, str]]:
    """Exit status and stderr of each, the last line of which is the status of every command; killed: the first worker."""
    addresses = [f"127.0.0.1:{free_port()}" for _ in commands]
    processes = []
    for index, own in enumerate(commands):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        program = WORKER.format(commands=[list(one) for one in own], killed=killed and index == 0)
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


def test_two_workers_of_which_one_was_lost_learn_what_one_process_learns(
    training_on: Callable[..., list[str]], shallow_trunk: None, tmp_path: Path
) -> None:
    alone, out = tmp_path / "alone", tmp_path / "together"
    command = training_on(out, *RECIPE)
    # First the second worker is asked for something else, then to work in the folder of another machine, then both for the same.
    others = [training_on(out, *RECIPE, "--brightness", "0.1"), training_on(tmp_path / "elsewhere", *RECIPE)]
    (status, said), (other, other_said) = workers([[command] * 3, [*others, command]], killed=True)
    assert (status, other) == (-signal.SIGKILL, 0), other_said
    for told in (said, other_said):
        assert "Worker 2 of 2 was started with other arguments" in told
        assert "Worker 2 of 2 does not find in" in told
    # It has learned all, and does not end well before that is written.
    assert "Another worker has ended" in other_said
    assert other_said.splitlines()[-1] == "2 2 2"
    assert not (tmp_path / "elsewhere").exists()
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["0001"]

    (status, said), (other, _) = workers([[command]] * 2)
    assert (status, other, said.splitlines()[-1]) == (0, 0, "0"), said
    assert "Going on after the last full epoch." in said
    assert main(training_on(alone, *RECIPE)) == 0
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


def test_the_chief_s_successor_waits_for_nobody_once_all_epochs_are_done(
    training_on: Callable[..., list[str]], shallow_trunk: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    command = training_on(out, *RECIPE)

    def lost(*_: object) -> None:
        raise StageError("lost while it chooses what to keep")

    with monkeypatch.context() as patch:
        patch.setattr(fit, "kept", lost)
        assert main(command) == 2
    monkeypatch.setattr(fit, "strategy", lambda _: pytest.fail("it would wait for the others, which have ended"))
    for index, written in ((1, False), (0, True)):
        cluster = {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}))
        assert main(command) == 0
        assert (out / "run.json").exists() == written
    assert len(history_of(out)) == 2
