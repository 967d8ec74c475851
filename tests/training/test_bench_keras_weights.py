"""The served weights in the paper's Keras layers, for the peers of make bench that want them so."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bench.keras_weights import Mismatch, constants_of, rebuild

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "model_repository" / "painting_genre" / "2"


def test_the_keras_model_gives_the_served_scores(tmp_path):
    command = [sys.executable, "-m", "benchmarks.bench.keras_weights", str(MODEL), str(tmp_path / "model.keras")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    assert "scores differ from the SavedModel's by at most" in done.stdout
    assert (tmp_path / "model.keras").stat().st_size > 9_000_000


def test_weights_that_do_not_fit_are_refused():
    constants = constants_of(MODEL / "saved_model.pb")
    first = constants.pop("Conv1/kernel")
    with pytest.raises(Mismatch, match="Conv1/kernel"):
        rebuild(constants, 7)
    with pytest.raises(Mismatch):
        rebuild({**constants, "Conv1/kernel": first}, 8)
