"""The table of faults, and the services that they happen to."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from fake_serving import FakeServing, serve
from faulty import GATEWAY
from service import ROOT, Service, both_servers, wait_until

HEAD = "| fault | what the client sees | slowest answer, s | what log and metrics say | well again after, s |\n|---|---|---|---|---|\n"


@pytest.fixture(scope="session")
def table() -> Iterator[Callable[..., None]]:
    """Adds what a fault did to build/faults.md. `seconds`: from its end until the last answer that it spoilt."""
    rows: list[str] = []

    def add(fault: str, seen: str, slowest: float, told: str, seconds: float) -> None:
        rows.append(f"| {fault} | {seen} | {slowest:.2f} | {told} | {seconds:.2f} |\n")

    yield add
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "faults.md").write_text(HEAD + "".join(rows))


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
