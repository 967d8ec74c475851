import subprocess
import sys
from pathlib import Path

import pytest

from training.__main__ import STAGES, main

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("stage", STAGES)
def test_help_needs_no_tensorflow(stage: str) -> None:
    program = f"""
import sys
from training.__main__ import main
try:
    main([{stage!r}, "--help"])
finally:
    print("tensorflow" in sys.modules or "keras" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f"python -m training {stage}" in done.stdout
    assert done.stderr.strip() == "False"


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
