"""Which connections make room for others, and the socket that they come by."""

import asyncio
import os
import socket
from types import SimpleNamespace

import pytest

from gateway.front.connections import MOST_PARTS_OF_ROOM, Connections
from gateway.front.listener import bind, listener


class Other:
    def __init__(self, address, since, is_waiting=True):
        self.address, self.since, self.is_waiting, self.deadline = address, since, is_waiting, float("inf")
        self.transport = SimpleNamespace(is_closing=lambda: self.is_ended)
        self.is_ended = False

    def abort(self):
        self.is_ended = True


def ended(most, others):
    """The numbers of those that end when one more comes."""

    async def scenario():
        connections = Connections(most, 75, lambda *_: b"")
        for other in others:
            connections.add(other)
        assert not any(other.is_ended for other in others)
        connections.add(Other("last", 1e9))

    asyncio.run(scenario())
    return [number for number, other in enumerate(others) if other.is_ended]


def test_where_there_are_few_one_makes_room_that_has_waited_for_longest():
    assert ended(4, [Other("a", 3), Other("b", 1), Other("a", 2), Other("a", 0, is_waiting=False)]) == [2]


@pytest.mark.parametrize(
    ("address", "right"),
    [
        (lambda number: "a" if number % 4 else "b", [1, 2, 3, 5, 6, 7, 9, 10, 11, 13]),
        # Of those with few connections nobody loses most.
        (lambda number: str(number // 4), [0, 1]),
    ],
)
def test_where_there_are_many_a_share_of_them_does_so_that_not_each_new_one_costs_a_look_at_all(address, right):
    assert ended(10 * MOST_PARTS_OF_ROOM, [Other(address(number), number) for number in range(10 * MOST_PARTS_OF_ROOM)]) == right


@pytest.fixture(autouse=True)
def no_listener():
    listener.cache_clear()
    yield
    listener.cache_clear()


def test_gunicorn_gets_a_descriptor_of_its_own_of_one_socket(port):
    first, second = (int(bind("127.0.0.1", port).removeprefix("fd://")) for _ in range(2))
    # It closes its own: the one that is kept listens on.
    os.close(first)
    os.close(second)
    with listener("127.0.0.1", port), socket.create_connection(("127.0.0.1", port), 10):
        assert first != second


def test_an_address_that_is_taken_is_one_sentence(port):
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(SystemExit, match=rf"cannot listen on 127\.0\.0\.1 port {port}.*Set RAGAM_HOST or RAGAM_PORT"),
    ):
        bind("127.0.0.1", port)
