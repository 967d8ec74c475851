"""What the tests here say alike of the service that suffers."""

import json

from service import Process, Service

DEADLINE_SECONDS = 3.0
GATEWAY = {"RAGAM_WORKERS": "2", "RAGAM_PREDICT_SECONDS": str(DEADLINE_SECONDS)}


def logged(process: Process) -> list[dict]:
    """The lines of the log that are no requests."""
    lines = [json.loads(line) for line in process.text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["message"] != "request"]


def workers(gateway: Process) -> set[int]:
    return set(gateway.children())


def start_fake(service: Service, host: str = "127.0.0.1", before: tuple[str, ...] = ()) -> Process:
    """A model server that answers well, in a process of its own."""
    return service.start("-m", "tests.unit.fake_serving", host, str(service.serving_port), before=before)
