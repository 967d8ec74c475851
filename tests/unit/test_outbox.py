import socket

import pytest

from gateway.door.outbox import Outbox


@pytest.fixture
def ends():
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far:
        yield near, far


def test_an_answer_s_lines_and_body_are_one_packet(ends):
    near, far = ends
    outbox = Outbox(near)
    outbox.sendall(b"head")
    outbox.sendall(b"body")
    assert (outbox.size, outbox.sent) == (8, 0)
    assert outbox.flush()
    assert (outbox.size, outbox.sent) == (0, 8)
    assert far.recv(100) == b"headbody"


def test_what_nobody_reads_is_kept_and_nobody_waits(ends):
    near, far = ends
    outbox = Outbox(near)
    pieces = [bytes([number]) * 8192 for number in range(200)]
    for piece in pieces:
        outbox.sendall(piece)
    assert not outbox.flush()
    assert outbox.size + outbox.sent == 200 * 8192
    received = b""
    while not outbox.flush():
        received += far.recv(100_000)
    while len(received) < 200 * 8192:
        received += far.recv(100_000)
    assert received == b"".join(pieces)
    assert outbox.size == 0


def test_a_client_that_is_gone_is_an_error(ends):
    near, far = ends
    outbox = Outbox(near)
    far.close()
    outbox.sendall(b"body")
    with pytest.raises(OSError, match="Broken pipe"):
        outbox.flush()


def test_what_is_closed_is_not_sent(ends):
    near, far = ends
    outbox = Outbox(near)
    outbox.sendall(b"half an answer")
    outbox.close()
    assert outbox.flush()
    far.setblocking(False)
    with pytest.raises(BlockingIOError):
        far.recv(1)
    with pytest.raises(OSError, match="no socket"):
        outbox.shutdown(socket.SHUT_WR)
