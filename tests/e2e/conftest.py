"""The services that tests share."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from callers import Callers
from service import Service, both_servers


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path], picture: Callable[..., bytes]) -> Iterator[Service]:
    """One for all clients that leave it as it was, all of whose threads have been at work."""
    folder = tmp_path_factory.mktemp("service")
    # Nobody is refused because this machine is slow: what is refused here is refused for what was sent.
    with both_servers(folder, models["first"], RAGAM_MAX_WAIT_SECONDS="60") as service:
        with Callers(service.address, picture()).running(32) as callers:
            callers.await_more(200)
        yield service


@pytest.fixture(scope="session")
def model_server(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path]) -> Iterator[Service]:
    """One over version 1, for all tests that need a gateway of their own alone. Each leaves it running."""
    service = Service(tmp_path_factory.mktemp("model_server"))
    service.publish(models["first"], 1)
    process = service.start_model_server()
    yield service
    process.stop()


@pytest.fixture
def own_gateway(service: Service, model_server: Service) -> Iterator[Service]:
    """What a test starts a gateway with, in front of that model server."""
    service.environ["RAGAM_SERVING"] = model_server.environ["RAGAM_SERVING"]
    [service.model_server] = model_server.processes
    yield service
    service.model_server.signal(signal.SIGCONT)
