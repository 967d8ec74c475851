"""More than one model server, and a gateway that stops."""

import time

from callers import REFUSED, Callers
from deployment import SERVING
from service import wait_until

RECEIVED = "print([line.split()[1] for line in open('/proc/net/dev') if line.strip().startswith('eth0:')][0])"

# A connection lives 30 s and up to a tenth more; then its end is told, and the name asked for again.
MAX_CONNECTION_AGE_SECONDS = 33
PICTURE_BYTES = 602_112


def received(deployment, containers):
    """How many pictures' worth of bytes each has received."""
    return [int(deployment.python(container, RECEIVED)) // PICTURE_BYTES for container in containers]


def test_both_model_servers_answer_and_the_death_of_one_fails_nothing(deployment, picture):
    with Callers(deployment.address, picture()).running() as callers:
        callers.await_more(20)
        try:
            deployment.up("--no-recreate", f"--scale={SERVING}=2")
            both = sorted(deployment.containers(SERVING), key=lambda name: deployment.inspect(name)["Name"])
            assert len(both) == 2
            before = received(deployment, both)

            def busy():
                return all(now > then + 20 for now, then in zip(received(deployment, both), before, strict=True))

            start = time.monotonic()
            wait_until(busy, MAX_CONNECTION_AGE_SECONDS + 10, "work for both")
            print(f"\nboth at work after {time.monotonic() - start:.0f} s")
            share = received(deployment, both)
            # The second, for that is the one that Compose takes away when it scales down.
            deployment.engine.docker("kill", both[1])
            time.sleep(3)
            assert received(deployment, both[:1])[0] > share[0] + 20
        finally:
            deployment.up("--no-recreate", f"--scale={SERVING}=1")
        time.sleep(1)
    assert callers.statuses() == {200}


def test_sigterm_to_the_gateway_fails_nothing_and_it_is_started_again(deployment, picture):
    gateway = deployment.container("gateway")
    restarts = deployment.inspect(gateway)["RestartCount"]
    # Not through the published port: the engine's proxy takes connections before it knows whether anybody is behind it.
    with Callers(f"http://{deployment.ip(gateway, 'public')}:5000", picture()).running(8) as callers:
        callers.await_more(20)
        deployment.python(gateway, "import os, signal; os.kill(1, signal.SIGTERM)")
        wait_until(lambda: callers.count(REFUSED) == 8, 40, "every caller's end")
    assert callers.statuses() == {200, REFUSED}
    wait_until(lambda: deployment.inspect(gateway)["RestartCount"] == restarts + 1, 30, "the restart")
    wait_until(deployment.ready, 30, "readiness")
