"""The served weights in the paper's Keras layers, for the peers of make bench that want them so."""

import sys
from pathlib import Path

import pytest

from benchmarks.bench.keras_weights import Mismatch, constants_of, main, rebuild

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "model_repository" / "painting_genre" / "2"


def test_the_keras_model_gives_the_served_scores(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["keras_weights", str(MODEL), str(tmp_path / "model.keras")])
    main()
    assert "scores differ from the SavedModel's by at most" in capsys.readouterr().out
    assert (tmp_path / "model.keras").stat().st_size > 9_000_000


def test_weights_that_do_not_fit_are_refused():
    constants = constants_of(MODEL / "saved_model.pb")
    first = constants.pop("Conv1/kernel")
    with pytest.raises(Mismatch, match="Conv1/kernel"):
        rebuild(constants, 7)
    with pytest.raises(Mismatch):
        rebuild({**constants, "Conv1/kernel": first}, 8)
