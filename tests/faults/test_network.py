"""A name that means another address, and a network that swallows packets. Needs root: both are namespaces of the test's own."""

import os
import subprocess
import time

import pytest
from callers import Callers, ask
from faulty import GATEWAY, logged, start_fake
from service import accepts, wait_until

AWAY_SECONDS = 3


def test_the_name_means_another_address(service, picture, table):
    hosts = service.folder / "hosts"
    hosts.write_text("127.0.0.2 serving.test\n")
    model_server = start_fake(service, "127.0.0.2")
    # A mount namespace: /etc/hosts is this one to the gateway alone.
    own_hosts = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts))
    service.gateway = service.start_gateway(before=own_hosts, **{**GATEWAY, "RAGAM_SERVING": f"serving.test:{service.serving_port}"})
    wait_until(service.ready, what="readiness")
    with Callers(service.address, picture()).running() as callers:
        callers.await_status(200, 0)
        gone = time.monotonic()
        model_server.stop()
        # In place: another file under that name would be another mount.
        hosts.write_text("127.0.0.3 serving.test\n")
        callers.await_status(503, gone)
        time.sleep(AWAY_SECONDS)
        start_fake(service, "127.0.0.3")
        wait_until(lambda: accepts(service.serving_port, "127.0.0.3"), what="its port")
        back = callers.recovered(time.monotonic())
    assert callers.statuses() <= {200, 503}
    table("the model server's name means another address", "503 while there is none", callers.slowest(), "`ServingUnavailable`", back)


class NetworkNamespace:
    """A network namespace with the model server in it; `drop_packets` drops whatever arrives there."""

    def __init__(self) -> None:
        self.name = f"ragam-{os.getpid()}"
        network = f"10.213.{os.getpid() % 250}"
        self.here, self.there = f"{network}.1", f"{network}.2"
        self.link = f"rg{os.getpid() % 10_000_000}"

    def ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    def create(self) -> None:
        self.ip("netns", "add", self.name)
        self.ip("link", "add", f"{self.link}a", "type", "veth", "peer", "name", f"{self.link}b", "netns", self.name)
        self.ip("addr", "add", f"{self.here}/30", "dev", f"{self.link}a")
        self.ip("link", "set", f"{self.link}a", "up")
        self.ip("-n", self.name, "addr", "add", f"{self.there}/30", "dev", f"{self.link}b")
        self.ip("-n", self.name, "link", "set", f"{self.link}b", "up")
        self.ip("-n", self.name, "link", "set", "lo", "up")

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"{self.link}a"], check=False, capture_output=True)

    def drop_packets(self) -> None:
        self.ip("netns", "exec", self.name, "iptables", "-A", "INPUT", "-j", "DROP")

    def let_through(self) -> None:
        self.ip("netns", "exec", self.name, "iptables", "-F", "INPUT")


@pytest.fixture
def namespace():
    namespace = NetworkNamespace()
    try:
        namespace.create()
        yield namespace
    finally:
        namespace.remove()


def test_a_black_hole(service, namespace, picture, table):
    start_fake(service, namespace.there, before=("ip", "netns", "exec", namespace.name))
    environ = {**GATEWAY, "RAGAM_SERVING": f"{namespace.there}:{service.serving_port}"}
    service.gateway = service.start_gateway(**environ)
    wait_until(service.ready, what="readiness")
    with Callers(service.address, picture()).running() as callers:
        callers.await_status(200, 0)
        namespace.drop_packets()
        dropped = time.monotonic()
        callers.await_status(503, dropped)
        time.sleep(4)
        namespace.let_through()
        back = callers.recovered(time.monotonic())
    assert callers.statuses() <= {200, 503, 504}
    assert any(line["message"].startswith("ServingUnavailable: ") for line in logged(service.gateway))
    seen = ", ".join(str(status) for status in sorted(callers.statuses() - {200}))
    table("a black hole: packets are dropped", seen, callers.slowest(), "`ServingUnavailable`", back)

    # Nor does a gateway that starts with the hole before it wait for ever.
    service.gateway.stop()
    namespace.drop_packets()
    service.gateway = service.start_gateway(**environ)
    wait_until(lambda: ask(service.address, picture()).status > 0, what="the gateway")
    seen = ask(service.address, picture())
    assert seen.status in {503, 504}
    with Callers(service.address, picture()).running() as callers:
        time.sleep(1)
        namespace.let_through()
        back = callers.recovered(time.monotonic())
    table("a black hole from the start", str(seen.status), seen.seconds, "`ServingUnavailable`", back)
