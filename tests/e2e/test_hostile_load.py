"""Attacks of benchmarks.hostile on one service: others are answered, nothing costs more than its bounds, and no worker ends.

Those that no other test makes. `python -m benchmarks.hostile` runs all of them for longer, and tells how long others waited.
"""

import json

import pytest
from service import both_servers, wait_until

from benchmarks.hostile.attacks import Target
from benchmarks.hostile.measure import attacked, settle, workers_of

NAMES = [
    "16 maps of 40 megapixels at once",
    "32 x 16 costly pictures, sent and reset",
    "64 clients with only costly pictures",
    "64 in a loop on /metrics",
    "64 with thousands of requests behind one another",
]


@pytest.fixture(scope="module")
def running(tmp_path_factory, models):
    """What `make serve` starts, with its default settings and two workers."""
    with both_servers(tmp_path_factory.mktemp("service"), models["first"]) as service:
        wait_until(lambda: len(workers_of(service.gateway.popen.pid)) == 2, what="the second worker")
        workers = workers_of(service.gateway.popen.pid)
        yield service
        # Whatever was sent, each line of the log is JSON, and the workers are those of the beginning.
        lines = [json.loads(line) for line in service.gateway.text().splitlines()]
        assert not [line for line in lines if line["level"] in ("error", "critical")]
        assert workers_of(service.gateway.popen.pid) == workers


@pytest.fixture(scope="module")
def target(running):
    target = Target(running.port, running.serving_port, workers_of(running.gateway.popen.pid), seconds=2)
    settle(target)
    return target


@pytest.mark.parametrize("name", NAMES)
def test_others_are_answered_and_the_bounds_hold(target, name):
    result = attacked(target, name)
    assert result.faults() == []
    assert result.answers
    assert result.outcome.answers.total() > 0
