"""A service of its own for each test, and models that cost next to nothing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from service import ROOT, Callers, Service, wait_until


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


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path], picture: Callable[..., bytes]) -> Iterator[Service]:
    """One service for all hostile ones, which soon loses patience with slow clients, and all of whose threads have been at work."""
    service = Service(tmp_path_factory.mktemp("service"))
    service.publish(models["first"], 1)
    service.model_server = service.start_model_server()
    service.gateway = service.start_gateway(
        RAGAM_HEAD_SECONDS="2", RAGAM_BODY_SECONDS="3", RAGAM_MAX_BUFFERED_BYTES="200000000", RAGAM_MAX_IN_FLIGHT="400"
    )
    try:
        wait_until(service.ready, what="readiness")
        with Callers(service, picture(), keep_alive=False).running(32) as callers:
            wait_until(lambda: len(callers.answers) > 200, what="work for every thread")
        yield service
    finally:
        for process in reversed(service.processes):
            process.stop()
