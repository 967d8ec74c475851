"""The model servers that the tests share."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calls import Calls
from processes import Server

from gateway.contract import MODEL_NAME


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the module's tests, or before by the test's own doing."""
    folder = tmp_path_factory.mktemp("servers")
    servers = []

    def make(base_path: Path | None, *flags: str, ready: bool = True) -> Server:
        server = Server(base_path, folder / f"server{len(servers)}.log", *flags, ready=ready)
        servers.append(server)
        return server

    yield make
    for server in servers:
        assert server.stop() in (0, -signal.SIGKILL), server.log.read_text()


@pytest.fixture
def base_path(tmp_path: Path) -> Path:
    """Empty."""
    path = tmp_path / MODEL_NAME
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def server(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """A tiny model, served without batching; with TFS_ADDRESS instead whatever serves there."""
    if address := os.environ.get("TFS_ADDRESS"):
        calls = Calls(address)
        yield calls
        calls.channel.close()
        return
    folder = tmp_path_factory.mktemp("server")
    base_path = folder / MODEL_NAME
    base_path.mkdir()
    (base_path / "3").symlink_to(models["first"])
    server = Server(base_path, folder / "server.log")
    yield server
    assert server.stop() == 0


@pytest.fixture
def embedded(server: Calls) -> Calls:
    """For what a real TensorFlow Serving does otherwise, or dies of."""
    if os.environ.get("TFS_ADDRESS"):
        pytest.skip("the embedded server's own behaviour")
    return server
