"""What the tests of hostile clients share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from callers import Callers
from service import Service, both_servers


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path], picture: Callable[..., bytes]) -> Iterator[Service]:
    """One service for all hostile clients, all of whose threads have been at work."""
    folder = tmp_path_factory.mktemp("service")
    # Nobody is refused because this machine is slow: what is refused here is refused for what was sent.
    with both_servers(folder, models["first"], RAGAM_MAX_WAIT_SECONDS="60") as service:
        with Callers(service.address, picture()).running(32) as callers:
            callers.await_more(200)
        yield service
