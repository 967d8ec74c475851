"""The clock of the machine is set an hour forward and two back, under load."""

import struct
import subprocess
import time
from pathlib import Path

import pytest
from faulty import GATEWAY, start_stand_in
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


def test_of_the_gateway(service, clock, picture, table):
    """No deadline, no pause and no heartbeat hangs on the time of day."""
    start_stand_in(service)
    service.gateway = service.start_gateway(**clock.environ, **GATEWAY)
    wait_until(service.ready, what="readiness")
    with Load(service.address, picture()).running() as load:
        load.await_status(200, 0)
        for shift in (HOUR, -HOUR, 0):
            clock.set(shift)
            time.sleep(2)
    lines = [line for line in service.gateway.text().splitlines() if '"message": "request"' in line]
    assert len({line.split('"time": "')[1][11:13] for line in lines}) >= 3, "the clock did not jump"
    assert load.statuses() == {200}
    assert "WORKER TIMEOUT" not in service.gateway.text()
    table.add("gateway: the clock is set an hour forward, two back", "200", load.slowest(), "the new time", 0)


def test_of_the_model_server(service, models, clock, picture, table):
    service.publish(models["first"], 1)
    service.start_model_server(**clock.environ)
    service.gateway = service.start_gateway(**GATEWAY)
    wait_until(service.ready, what="readiness")
    with Load(service.address, picture()).running() as load:
        load.await_status(200, 0)
        clock.set(HOUR)
        time.sleep(2)
        assert load.statuses() == {200}
        clock.set(-HOUR)
        set_back = time.monotonic()
        back = load.recovered(set_back, settle=5)
        assert load.statuses(time.monotonic() - 2) == {200}
    assert load.statuses() <= {200, 504}
    seen = ", ".join(str(status) for status in sorted(load.statuses() - {200})) or "200"
    told = "`ServingTimeout`" if 504 in load.statuses() else "nothing"
    table.add("model server: the clock is set an hour forward, two back", seen, load.slowest(), told, back)
