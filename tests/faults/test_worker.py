"""A gateway worker that is killed under load."""

import os
import signal
import time
from pathlib import Path

from faulty import workers
from load import Load
from service import wait_until
from stand_in import slow

CALLERS = 8


def test_a_worker_is_killed(service, stand_in, picture, table, metric):
    # So that there are some in its hands whenever it ends.
    stand_in.predict = slow(0.3)
    with Load(service.address, picture()).running(CALLERS) as load:
        load.await_status(200, 0)
        before = workers(service.gateway)
        # Connections go to whichever worker is quicker: the one that has more of them has requests in its hands.
        victim = max(before, key=lambda worker: len(list(Path(f"/proc/{worker}/fd").iterdir())))
        killed = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(workers(service.gateway) - before) == 1, 10, "another worker")
        replaced = time.monotonic() - killed
        time.sleep(2)
    assert load.statuses() <= {200, 0}
    lost = [seen for seen in load.seen if seen.status == 0]
    # Only what the killed worker had in its hands: sent before its end, and not more than its callers.
    assert 1 <= len(lost) <= CALLERS
    assert all(seen.sent < killed + 0.1 for seen in lost), lost
    assert f"Worker (pid:{victim}) was sent SIGKILL" in service.gateway.text()
    # Nothing of the killed one is counted as in flight for ever.
    assert metric(service, "ragam_requests_in_flight") == 0
    last = max([seen.answered for seen in lost], default=killed)
    table.add(
        "gateway: a worker is killed",
        f"{len(lost)} of {len(load.seen)} connections lost, those in its hands",
        load.slowest(),
        f"`Worker was sent SIGKILL`, replaced after {replaced:.1f} s",
        last - killed,
    )
