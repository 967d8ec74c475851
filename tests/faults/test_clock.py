"""The clock of the machine is set an hour forward and two back, under load: no deadline, no pause and no heartbeat may hang on it."""

import struct
import subprocess
import time
from pathlib import Path

import pytest
from faulty import DEADLINE_SECONDS, GATEWAY
from load import Load
from service import wait_until

HOUR = 3600


class Clock:
    """The time of day of the processes that have `environ`."""

    def __init__(self, folder: Path) -> None:
        self._file, library = folder / "shift", folder / "clock.so"
        self.set(0)
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl", "-pthread"], check=True)
        self.environ = {"LD_PRELOAD": str(library), "RAGAM_TEST_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        # In place: the processes have this very file in their memory.
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.write(struct.pack("q", seconds))


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


def test_an_hour_forward_and_two_back(service, models, clock, picture, table):
    service.publish(models["first"], 1)
    service.start_model_server(**clock.environ)
    service.gateway = service.start_gateway(**clock.environ, **GATEWAY)
    wait_until(service.ready, what="readiness")
    with Load(service.address, picture()).running() as load:
        load.await_status(200, 0)
        for shift in (HOUR, -HOUR, 0):
            clock.set(shift)
            time.sleep(2)
    hours = {line.split('"time": "')[1][11:13] for line in service.gateway.text().splitlines() if '"message": "request"' in line}
    assert len(hours) >= 3, "the clock did not jump"
    assert load.statuses() == {200}
    assert load.slowest() < DEADLINE_SECONDS
    assert "WORKER TIMEOUT" not in service.gateway.text()
    table.add("the clock is set an hour forward, two back", "200", load.slowest(), "the new time", 0)
