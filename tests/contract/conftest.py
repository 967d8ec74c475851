"""The model servers and models that the tests share."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calls import Calls
from processes import REAL_MODEL, ROOT, Server

from gateway.contract import MODEL_NAME


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the test."""
    servers = []

    def make(base_path: Path | None, *flags: str, ready: bool = True) -> Server:
        server = Server(base_path, tmp_path / f"server{len(servers)}.log", *flags, ready=ready)
        servers.append(server)
        return server

    yield make
    for server in servers:
        assert server.stop() in (0, -signal.SIGKILL), server.log.read_text()


@pytest.fixture(scope="session", params=["tiny", "real"])
def server(request: pytest.FixtureRequest, tiny_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """The tiny and the real model, served without batching; with TFS_ADDRESS instead whatever serves there."""
    if address := os.environ.get("TFS_ADDRESS"):
        if request.param != "tiny":
            pytest.skip("TFS_ADDRESS names one server, the other turn asks it")
        calls = Calls(address)
        yield calls
        calls.channel.close()
        return
    folder = tmp_path_factory.mktemp(request.param)
    if request.param != "tiny":
        if not any(name.name.isdigit() for name in REAL_MODEL.glob("*")):
            pytest.skip(f"there is no model in {REAL_MODEL.relative_to(ROOT)}: make one with the training")
        base_path = REAL_MODEL
    else:
        base_path = folder / MODEL_NAME
        base_path.mkdir()
        (base_path / "3").symlink_to(tiny_model())
    server = Server(base_path, folder / "server.log")
    yield server
    assert server.stop() == 0


@pytest.fixture
def embedded(server: Calls) -> Calls:
    """For what a real TensorFlow Serving does otherwise, or dies of."""
    if os.environ.get("TFS_ADDRESS"):
        pytest.skip("the embedded server's own behaviour")
    return server
