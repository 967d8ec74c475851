"""All connections of a worker: what they hold together, which of them has waited longest or too long, and what each is watched for."""

import selectors
from collections.abc import Callable

from gateway.door.connection import Connection, Phase

SWEEP_SECONDS = 0.2


class Clients:
    """Used by one thread, the loop's. `poller` is gunicorn's, which calls back with the socket."""

    def __init__(self, poller: selectors.BaseSelector, most_bytes: int) -> None:
        self._poller = poller
        self._most_bytes = most_bytes
        self._all: set[Connection] = set()
        self._bytes = 0
        self.busy = 0  # connections that want something
        self._swept = 0.0

    def add(self, connection: Connection) -> None:
        self._all.add(connection)

    def remove(self, connection: Connection) -> bool:
        """Closes it. Whether it was still here."""
        self.unwatch(connection)
        known = connection in self._all
        self._all.discard(connection)
        connection.close()
        self._bytes -= connection.held
        self.busy -= connection.was_busy
        connection.held, connection.was_busy = 0, False
        return known

    def count(self, connection: Connection) -> bool:
        """Whether all together hold no more than they may, with what this one holds now. It also counts as busy, or not."""
        busy = connection.is_busy
        self.busy += busy - connection.was_busy
        connection.was_busy = busy
        size = connection.size
        self._bytes += size - connection.held
        connection.held = size
        return self._bytes <= self._most_bytes

    def longest_waiting(self) -> Connection | None:
        """The one that has asked for nothing for longest; where all have, the one that has been about to ask for longest."""
        idle = self.which(lambda connection: connection.phase in (Phase.IDLE, Phase.LINGERING))
        waiting = idle or self.which(lambda connection: connection.phase is Phase.HEAD)
        return min(waiting, key=lambda connection: connection.deadline, default=None)

    def overdue(self, now: float) -> list[Connection]:
        """Whose time is up, at most once in SWEEP_SECONDS: to look through a thousand takes 0.1 ms."""
        if now < self._swept + SWEEP_SECONDS:
            return []
        self._swept = now
        return self.which(lambda connection: connection.deadline <= now)

    def which(self, condition: Callable[[Connection], bool]) -> list[Connection]:
        return [connection for connection in self._all if condition(connection)]

    def watch(self, connection: Connection, event: int, callback: Callable[[Connection], None]) -> None:
        """Has `callback` called whenever `event`, one of selectors', is true of the connection, and for no other."""
        if not connection.watched_for:
            self._poller.register(connection.socket, event, lambda _: callback(connection))
        else:
            # No system call where only `callback` is another.
            self._poller.modify(connection.socket, event, lambda _: callback(connection))
        connection.watched_for = event

    def unwatch(self, connection: Connection) -> None:
        if connection.watched_for:
            self._poller.unregister(connection.socket)
            connection.watched_for = 0
