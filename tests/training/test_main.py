import json
import subprocess
import sys
from pathlib import Path

import pytest

from training.__main__ import STAGES, main, told_shortly

ROOT = Path(__file__).resolve().parents[2]


def test_help_needs_no_tensorflow() -> None:
    program = """
import sys
from training.__main__ import STAGES, main
for stage in STAGES:
    try:
        main([stage, "--help"])
    except SystemExit as left:
        assert not left.code
assert not {"tensorflow", "keras"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"python -m training {stage}" in done.stdout for stage in STAGES)


def test_an_unknown_stage_is_one_sentence_and_no_stage_tells_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint"]) == 2
    assert capsys.readouterr().err == f"There is no stage 'paint'. Did you mean 'train'? The stages are {', '.join(STAGES)}.\n"
    assert main([]) == 2
    told = capsys.readouterr().out
    assert all(stage in told for stage in STAGES)


def test_a_mistake_is_one_sentence_and_status_two(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "train", "--data", str(tmp_path), "--out", str(tmp_path / "run"), "--epochs", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "--epochs must be at least 1.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--data", "DATASET", "--out", "/proc/run", "--weights", "none"], "/proc/run cannot be written: No such file or "),
        (
            ["train", "--data", "nowhere", "--out", "OUT"],
            "nowhere is no dataset. Make one with `python -m training prepare --data PICTURES --out nowhere`.",
        ),
        (["train", "--data", "DATASET", "--out", "OUT", "--weights", "no.h5"], "There is no weight file no.h5."),
        (["train", "--data", "DATASET", "--out", "OUT", "--trained-from", "block_99"], "MobileNetV2 has no layer 'block_99'"),
        (["teach", "--data", "DATASET", "--out", "OUT/t.npz", "--weights", "no.h5"], "There is no weight file no.h5."),
        (["typicality", "--data", "DATASET", "--run", "OUT"], "has no finished run. Make it with `python -m training train --data "),
        (["export", "--data", "DATASET", "--run", "OUT"], "has no scorecard. Make it with `python -m training evaluate --data "),
        (["train", "--data"], "Argument --data: expected one argument. --help lists what it takes."),
        (["config", "--shares", "0.5", "2"], "config takes no '2' there. Several values have commas between them: 0.5,1."),
        (["config", "--config", "no.toml"], "no.toml cannot be read: No such file or directory."),
    ],
)
def test_what_is_cheap_to_see_is_said_at_once(
    arguments: list[str], sentence: str, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # None: an import of it fails.
    for name in [name for name in sys.modules if name.partition(".")[0] in {"tensorflow", "keras"}]:
        monkeypatch.setitem(sys.modules, name, None)
    named = [one.replace("DATASET", str(dataset)).replace("OUT", str(tmp_path / "out")) for one in arguments]
    assert main(named) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main([*named, "--json"]) == 2
    told = capsys.readouterr()
    complaint = json.loads(told.err)
    assert (complaint["stage"], told.out) == (arguments[0], "")
    assert sentence in complaint["error"]


def test_a_fault_of_ours_is_a_sentence_and_says_how_to_see_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["training", "train", "--json"])
    error = KeyError("seed")
    told_shortly(KeyError, error, None)
    assert json.loads(capsys.readouterr().err) == {
        "stage": "train",
        "error": "It failed with KeyError: 'seed'. `python -X dev -m training train ...` shows where.",
    }
