"""What the tests here say alike of the service that suffers."""

import json
import socket
from pathlib import Path

from service import Process, Service

DEADLINE_SECONDS = 3.0
GATEWAY = {"RAGAM_WORKERS": "2", "RAGAM_PREDICT_SECONDS": str(DEADLINE_SECONDS)}


def logged(process: Process) -> list[dict]:
    """The lines of the log that are no requests."""
    lines = [json.loads(line) for line in process.text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["message"] != "request"]


def workers(gateway: Process) -> set[int]:
    pid = gateway.popen.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def start_stand_in(service: Service, host: str = "127.0.0.1", before: tuple[str, ...] = ()) -> Process:
    """In a process of its own."""
    return service.start("-m", "tests.faults.stand_in", host, str(service.serving_port), before=before)


def accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
