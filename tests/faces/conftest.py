"""The real gateway and model server with the model of the repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from service import ROOT, Service, wait_until


@pytest.fixture(scope="session")
def model() -> Path:
    """The latest version in the repository."""
    return max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))


@pytest.fixture(scope="session")
def service(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests: none of them changes it."""
    service = Service(tmp_path_factory.mktemp("service"))
    try:
        service.publish(model, int(model.name))
        service.start_model_server()
        service.start_gateway()
        wait_until(service.ready, what="readiness")
        yield service
    finally:
        for process in reversed(service.processes):
            process.stop()
