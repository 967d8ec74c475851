import subprocess
import sys
from pathlib import Path

import pytest

from training.__main__ import STAGES, main

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


def test_no_stage_tells_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr().out
    assert all(stage in told for stage in STAGES)


def test_an_unknown_stage_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint"]) == 2
    assert capsys.readouterr().err == f"There is no stage 'paint'. The stages are {', '.join(STAGES)}.\n"


def test_a_mistake_is_one_sentence_and_status_two(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "train", "--data", str(tmp_path), "--out", str(tmp_path / "run"), "--epochs", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "--epochs must be at least 1.\n"
