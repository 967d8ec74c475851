"""All connections of a worker: how many there may be, whose deadline has passed, and who is left when the worker stops."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from heapq import nsmallest
from typing import TYPE_CHECKING

from gateway.errors import RagamError

if TYPE_CHECKING:
    from gateway.front.connection import Connection

SWEEP_SECONDS = 0.5
# What a worker needs beside its connections: it opens no more of them.
SPARE_DESCRIPTORS = 8
# Where a worker has as many connections as it may, room is made for a share of them at once.
MOST_PARTS_OF_ROOM = 64


class Connections:
    """`refuse` makes the bytes of an answer to what is no request; idle ones are closed after `idle_seconds`."""

    def __init__(self, most: int, idle_seconds: float, refuse: Callable[[RagamError, str], bytes]) -> None:
        self.refuse, self.idle_seconds = refuse, idle_seconds
        self._most = most
        self._all: set[Connection] = set()
        self.make: Callable[[], Connection] | None = None  # as uvicorn makes one
        self.listener: socket.socket | None = None  # beside uvicorn's, see listener.py
        self._rest: asyncio.Future[None] | None = None
        self.sweep()

    def add(self, connection: "Connection") -> None:
        if len(self._all) >= self._most:
            self.make_room()
        self._all.add(connection)

    def remove(self, connection: "Connection") -> None:
        self._all.discard(connection)

    def make_room(self) -> None:
        """Ends those that have kept the worker waiting for longest, of the address that has most of them.

        A few at once: to look through thousands takes milliseconds, and a new connection costs its client next to nothing.
        """
        waiting = [connection for connection in self._all if connection.is_waiting and not connection.transport.is_closing()]
        by_address = Counter(connection.address for connection in waiting)
        if waiting:
            longest = min(waiting, key=lambda connection: (-by_address[connection.address], connection.since))
            few = max(1, min(self._most // MOST_PARTS_OF_ROOM, by_address[longest.address] // 2))
            of_address = [connection for connection in waiting if connection.address == longest.address]
            for connection in nsmallest(few, of_address, key=lambda connection: connection.since):
                connection.abort()

    def no_descriptor_left(self) -> None:
        self._most = max(1, len(self._all) - SPARE_DESCRIPTORS)
        for _ in range(SPARE_DESCRIPTORS):
            self.make_room()

    def close_idle(self, seconds: float) -> None:
        """The gateway stops: whoever asks within `seconds` is still answered."""
        self.idle_seconds = seconds
        for connection in self._all:
            if connection.is_idle:
                connection.deadline = min(connection.deadline, time.monotonic() + seconds)

    def listens_no_more(self) -> asyncio.Future[None]:
        """Once uvicorn has closed its socket: close the other one too, or who comes there waits for all that is under way here."""
        self._rest = self._rest or asyncio.ensure_future(self._take_rest())
        return self._rest

    async def serve_rest(self) -> None:
        """Until all have ended, those too who came at the last."""
        await self.listens_no_more()
        while self._all:
            await asyncio.sleep(SWEEP_SECONDS)

    async def _take_rest(self) -> None:
        if not (listener := self.listener):
            return
        make = self.make
        listener.setblocking(False)
        clients: list[socket.socket] = []
        # A worker that has served nobody leaves who waits to the others. An error, as where no descriptor is left, ends it too.
        with suppress(OSError):
            while make:
                clients.append(listener.accept()[0])
        listener.close()
        for client in clients:
            client.setblocking(False)
            if make:
                await asyncio.get_running_loop().connect_accepted_socket(make, client)

    def sweep(self) -> None:
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self.sweep)
        now = time.monotonic()
        for connection in [connection for connection in self._all if connection.deadline <= now]:
            connection.expire(now)
