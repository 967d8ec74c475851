"""A service of its own for each test, and models that cost next to nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from service import ROOT, Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    for process in reversed(service.processes):
        process.stop()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """SavedModels that cost next to nothing: two that answer differently, and one that breaks the contract."""
    folder = tmp_path_factory.mktemp("models")
    options = {"first": ["--seed=1"], "second": ["--seed=2"], "wrong": ["--input-name=picture", "--no-warmup"]}
    for name, arguments in options.items():
        subprocess.run([sys.executable, "tests/tiny_model.py", str(folder / name), *arguments], cwd=ROOT, check=True, capture_output=True)
    return {name: folder / name for name in options}
