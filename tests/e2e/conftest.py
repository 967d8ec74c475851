"""What the tests of hostile clients share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from callers import Callers
from service import Service, wait_until


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path], picture: Callable[..., bytes]) -> Iterator[Service]:
    """One service for all hostile ones, which soon loses patience with slow clients, and all of whose threads have been at work."""
    service = Service(tmp_path_factory.mktemp("service"))
    service.publish(models["first"], 1)
    service.model_server = service.start_model_server()
    # Nobody is refused because this machine is slow: what is refused here is refused for what was sent.
    service.gateway = service.start_gateway(RAGAM_MAX_WAIT_SECONDS="60")
    try:
        wait_until(service.ready, what="readiness")
        with Callers(service.address, picture()).running(32) as callers:
            callers.await_more(200)
        yield service
    finally:
        for process in reversed(service.processes):
            process.stop()
