"""The model servers that the tests share.

TFS_ADDRESS=host:port asks a real TensorFlow Serving. Then only the tests run that ask it; the others, which start servers of their
own or hold what the embedded server does otherwise, are deselected.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calls import Calls
from processes import Server

from gateway.contract import MODEL_NAME


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get("TFS_ADDRESS"):
        return
    here = Path(__file__).parent
    others = [item for item in items if here in item.path.parents and not _asks_a_real_one(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _asks_a_real_one(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return "real_address" in fixtures and "embedded" not in fixtures


@pytest.fixture(scope="session")
def real_address() -> str | None:
    """Where a real TensorFlow Serving is, if there is one. Whoever takes it asks that one."""
    return os.environ.get("TFS_ADDRESS")


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
def server(real_address: str | None, models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """A tiny model, served without batching; with TFS_ADDRESS instead whatever serves there."""
    if real_address:
        calls = Calls(real_address)
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
    """For what a real TensorFlow Serving does otherwise, or dies of: it is not asked."""
    return server
