import os
import socket

import pytest

from gateway.front.listener import bind, listener


@pytest.fixture(autouse=True)
def fresh():
    listener.cache_clear()
    yield
    listener.cache_clear()


def test_gunicorn_gets_a_descriptor_of_its_own_of_one_socket(port):
    first, second = (bind("127.0.0.1", port) for _ in range(2))
    descriptors = [int(name.removeprefix("fd://")) for name in (first, second)]
    kept = listener("127.0.0.1", port)
    assert len({*descriptors, kept.fileno()}) == 3
    for descriptor in descriptors:
        os.close(descriptor)
    # It closes its own: this one listens on.
    with kept, socket.create_connection(("127.0.0.1", port), 10) as client:
        accepted, _ = kept.accept()
        with accepted:
            client.sendall(b"a")
            assert accepted.recv(1) == b"a"


def test_an_address_that_is_taken_is_one_sentence(port):
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(SystemExit, match=rf"cannot listen on 127\.0\.0\.1 port {port}.*Set RAGAM_HOST or RAGAM_PORT"),
    ):
        bind("127.0.0.1", port)
