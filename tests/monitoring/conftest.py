"""One gateway of two workers with the trained model, and a Prometheus that watches it, for all tests here."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from prometheus import Prometheus
from service import ROOT, Process, Service, wait_until
from traffic import LOST, WORKERS, send


def pytest_configure() -> None:
    missing = [program for program in ("prometheus", "promtool") if shutil.which(program) is None]
    if missing:
        pytest.exit(f"tests/monitoring needs {' and '.join(missing)}. On Debian: apt-get install prometheus", returncode=1)


@dataclass
class Watched:
    service: Service
    gateway: Process
    prometheus: Prometheus
    metrics_folder: Path

    def exposition(self) -> str:
        return requests.get(f"{self.service.address}/metrics", timeout=30).text


@pytest.fixture(scope="session")
def watched(tmp_path_factory, picture) -> Iterator[Watched]:
    """The gateway has answered twice what traffic.py counts, and Prometheus has seen it begin and end."""
    folder = tmp_path_factory.mktemp("watched")
    metrics_folder = folder / "metrics"
    metrics_folder.mkdir()
    service = Service(folder)
    service.models = ROOT / "model_repository" / "painting_genre"
    prometheus = None
    try:
        service.start_model_server()
        gateway = service.start_gateway(RAGAM_WORKERS=str(WORKERS), PROMETHEUS_MULTIPROC_DIR=str(metrics_folder))
        wait_until(service.ready, what="readiness")
        prometheus = Prometheus(folder, service.address.removeprefix("http://"))
        # A counter that was not there before the first picture has no rate of its first values.
        send(service, picture)
        wait_until(lambda: prometheus.value('sum(ragam_requests_total{status="404"})') == LOST, what="the first scrape")
        send(service, picture)
        wait_until(lambda: prometheus.value('sum(ragam_requests_total{status="404"})') == 2 * LOST, what="the last scrape")
        yield Watched(service, gateway, prometheus, metrics_folder)
    finally:
        if prometheus is not None:
            prometheus.stop()
        for process in reversed(service.processes):
            process.stop()
