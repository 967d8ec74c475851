"""The model server goes and comes back, under load: 503 with Retry-After meanwhile, and soon answers again."""

import time

import pytest
from callers import Callers
from deployment import SERVING
from service import wait_until

LISTENS = "import socket; socket.create_connection(('127.0.0.1', 8500), 1)"

# What the model server may need to fall silent and the gateway to notice it.
NOTICE_SECONDS = 0.5
AWAY_SECONDS = 3
# Of one that hangs the first calls end at their deadline.
HANGS_SECONDS = 8
# It takes two on an idle machine, and minutes where gRPC is left to its own pauses.
MOST_SECONDS = 20


def await_return(deployment):
    """The moment at which the model server takes connections again."""
    container = deployment.container(SERVING)
    wait_until(lambda: not deployment.engine.docker("exec", container, "python", "-c", LISTENS, check=False).returncode, 60, "its port")
    return time.monotonic()


def assert_back(callers, returned):
    back = callers.recovered(returned)
    print(f"\nthe last 503 or the first answer {back:.2f} s after the return")
    assert back < MOST_SECONDS
    assert callers.statuses() == {200, 503}


@pytest.mark.parametrize(("go", "come"), [("kill", "start"), ("stop", "start"), ("pause", "unpause")])
def test_outage(deployment, picture, go, come):
    container = deployment.container(SERVING)
    with Callers(deployment.address, picture()).running() as callers:
        callers.await_more(20)
        deployment.engine.docker(go, container)
        gone = time.monotonic()
        time.sleep(HANGS_SECONDS if go == "pause" else AWAY_SECONDS)
        assert {(seen.status, seen.retry_after) for seen in callers.seen if seen.sent > gone + NOTICE_SECONDS} == {(503, "1")}
        assert not deployment.ready()
        deployment.engine.docker(come, container)
        assert_back(callers, time.monotonic() if come == "unpause" else await_return(deployment))


def test_it_comes_back_at_another_address(deployment, picture):
    before = deployment.ip(deployment.container(SERVING), "model")
    squatters = []
    with Callers(deployment.address, picture()).running() as callers:
        callers.await_more(20)
        deployment.compose("rm", "--force", "--stop", SERVING)
        try:
            # The engine gives the lowest address that is free: once this one is taken, the next container gets another.
            while before not in [deployment.ip(name, "model") for name in squatters]:
                command = ["run", "--detach", "--rm", f"--network={deployment.project}_model", deployment.engine.base_image, "sleep", "600"]
                squatters.append(deployment.engine.docker(*command).stdout.strip())
                assert len(squatters) < 5
            # Long enough for gRPC's back-off in asking for the name to have grown to many seconds.
            time.sleep(25)
            deployment.compose("up", "--detach", "--no-deps", SERVING)
            assert deployment.ip(deployment.container(SERVING), "model") != before
            assert_back(callers, await_return(deployment))
        finally:
            for name in squatters:
                deployment.engine.docker("kill", name)
