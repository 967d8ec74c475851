"""The table of faults, and the services that they happen to."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from fake_serving import FakeServing, serve
from fault_table import Table
from faulty import GATEWAY
from service import Service, both_servers, wait_until


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    table = Table()
    yield table
    table.write()


@pytest.fixture
def fake(service: Service) -> Iterator[FakeServing]:
    """A gateway in front of a model server that does as it is told."""
    fake = FakeServing()
    server = serve(fake, service.serving_port)
    service.gateway = service.start_gateway(**GATEWAY)
    wait_until(service.ready, what="readiness")
    yield fake
    service.gateway.stop()
    server.stop(0).wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, models: dict) -> Iterator[Service]:
    """The gateway and the embedded model server over version 1, which each test leaves as it found them."""
    with both_servers(tmp_path_factory.mktemp("running"), models["first"], **GATEWAY) as service:
        yield service


@pytest.fixture
def metric() -> Callable[..., float]:
    def read(service: Service, name: str, **labels: str) -> float:
        """The sum over the series that have `labels`."""
        text = requests.get(f"{service.address}/metrics", timeout=30).text
        total = 0.0
        for found, value in re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE):
            if all(f'{label}="{wanted}"' in found for label, wanted in labels.items()):
                total += float(value)
        return total

    return read
