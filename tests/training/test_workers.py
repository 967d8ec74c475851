"""Two workers on loopback, as two pods of a cluster's Job are: they learn what one does."""

import csv
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training import data

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import sys
sys.path.insert(0, "tests/training")
import shallow
from training.__main__ import main
shallow.use()
sys.exit(main(sys.argv[1:]))
"""


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def test_two_workers_train_one_run_as_one_worker_does(training_on: Callable[..., list[str]], trained: Path, tmp_path: Path) -> None:
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    out = tmp_path / "run"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", COMMAND, *training_on(out)],
            cwd=ROOT,
            env={**os.environ, "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for index in range(2)
    ]
    told = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(text[-2000:] for text in told)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    alone, together = (list(csv.DictReader((run / "history.csv").read_text().splitlines())) for run in (trained, out))
    assert [row["epoch"] for row in together] == [row["epoch"] for row in alone]
    for one, two in zip(alone, together, strict=True):
        assert float(two["val_loss"]) == pytest.approx(float(one["val_loss"]), rel=0.02)
        assert float(two["loss"]) == pytest.approx(float(one["loss"]), rel=0.1)


def test_the_shares_of_an_epoch_are_the_whole(dataset: Path) -> None:
    part = data.load(dataset).part("train")
    count = len(part.labels)
    filled = -(-count // 8) * 8
    batches = [
        list(data.epochs(part, 7, 4, seed=3, numbers=range(1), share=(number, 2), filled=filled).as_numpy_iterator()) for number in range(2)
    ]
    assert [len(own) for own in batches] == [filled // 8] * 2
    whole = np.concatenate([labels for _, labels in data.epochs(part, 7, 8, seed=3, numbers=range(1)).as_numpy_iterator()])
    shared = np.stack([np.concatenate([labels for _, labels in own]) for own in batches], axis=1).reshape(filled, 7)
    assert np.array_equal(shared[:count], whole)
