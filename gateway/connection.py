"""What uvicorn leaves open on a connection: limits of time, of bytes in a head and of connections, refusals in the envelope, a clean close.

`Connection` is uvicorn's `http` class. It stands between the transport and uvicorn's own protocol, which parses and frames requests, and
between that protocol and the transport: what uvicorn answers by itself becomes the application's refusal.
"""

import asyncio
import math
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import AddressTooLong, NotHttp, RagamError, TooManyHeaders, TooSlow

MOST_FIRST_LINE_BYTES, MOST_HEAD_BYTES = 4200, 32 * 1024
HEAD_SECONDS = 10.0
# httptools takes what is behind a head that asks for an upgrade, its body too, for another request. So it gets another name to read.
UPGRADE_NAME = b"\r\nupgrade"
UPGRADE = re.compile(b"(?i)(?<=%s):" % UPGRADE_NAME)
# Tiny chunks cost the parser far more than their bytes do, and each is two lines.
FREE_LINES, LEAST_MEAN_LINE_BYTES = 4000, 24
# Of a body whose request was refused from its head, what may still come on the connection. For more than that a new one is cheaper.
MOST_SKIPPED_BYTES = 1024**2
# A client that is still sending when it is answered would lose its answer by a reset: it may go on for so long, with pauses so long.
LINGER_SECONDS, LINGER_PAUSE_SECONDS, LINGER_BYTES = 30.0, 2.0, 64 * 1024**2
# What an answer that was written may wait for its client to read on.
STALL_SECONDS = 20.0
# A client that is done sending may still read, or be gone: a proxy ends a connection so for a client that left.
HALF_CLOSED_SECONDS = 1.0
SWEEP_SECONDS = 0.5
# What a worker needs beside its connections: it opens no more of them.
SPARE_DESCRIPTORS = 8


class Connections:
    """All of a worker's. `refuse` makes the bytes of an answer to what is no request; idle ones are closed after `idle_seconds`."""

    def __init__(self, most: int, idle_seconds: float, refuse: Callable[[RagamError, str], bytes]) -> None:
        self.refuse, self.idle_seconds = refuse, idle_seconds
        self._most, self._all = most, set[Connection]()
        self.sweep()

    def add(self, connection: "Connection") -> None:
        if len(self._all) >= self._most:
            self.make_room()
        self._all.add(connection)

    def remove(self, connection: "Connection") -> None:
        self._all.discard(connection)

    def make_room(self) -> None:
        """Ends the connection that has kept the worker waiting for longest, of the address that has most of them."""
        waiting = [connection for connection in self._all if connection.is_waiting and not connection.transport.is_closing()]
        by_address = Counter(connection.address for connection in waiting)
        if waiting:
            min(waiting, key=lambda connection: (-by_address[connection.address], connection.since)).abort()

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

    def sweep(self) -> None:
        now = time.monotonic()
        for connection in [connection for connection in self._all if connection.deadline <= now]:
            connection.expire(now)
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self.sweep)


class Connection(asyncio.Protocol):
    """front.py calls begin() and end() around each request, and says in between what it does."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._all: Connections = app_state["connections"]
        self._server = HttpToolsProtocol(config, server_state, {**app_state, "connection": self}, _loop)
        self._loop = asyncio.get_running_loop()
        self._head = b""  # what has come of the next request's
        self.is_ended = False
        self._gone_at = math.inf
        self.is_apart = False  # whether the request began with its head alone
        self._is_mixed = False  # whether more than its body has come behind any request before its answer
        self._length: int | None = 0  # of the request's body, None where it comes in chunks
        self._last = b""  # bytes of it
        self._refusal: RagamError | None = None
        self.is_active = False
        self._linger_end = 0.0
        self._skip = 0  # bytes still to come of a body whose request was answered
        self.answering = self.is_closing = self.is_lost = False
        self.received = self._lines = 0  # bytes and their lines since the last request's head
        # What ends the wait for more of a request's body, while there is one.
        self.stop_reading: Callable[[], Any] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        self._wait(self._all.idle_seconds)
        self._all.add(self)
        self._server.connection_made(Guarded(self, self.transport))

    def data_received(self, data: bytes) -> None:
        if self.is_closing:
            self.received += len(data)
            self.deadline = min(self._linger_end, time.monotonic() + LINGER_PAUSE_SECONDS)
            if self.received > LINGER_BYTES:
                self.abort()
        if self.is_closing or self.is_lost or self._refusal:
            return
        if self._skip:
            skipped = data[: self._skip]
            self._skip -= len(skipped)
            self._server.data_received(skipped)
            data = data[len(skipped) :]
            if not self._skip:
                self._wait(self._all.idle_seconds)
        if self.is_active:
            self._body_received(data)
        elif data:
            self._head_received(data)

    def _head_received(self, data: bytes) -> None:
        if not self._head:
            self._wait(HEAD_SECONDS)
        before = len(self._head)
        self._head += data
        end = self._head.find(b"\r\n\r\n", max(0, before - 3)) + 4
        is_whole = end >= 4
        head = self._head[:end] if is_whole else self._head
        # Of the head what has come now, its Upgrade with a name of another length.
        context = min(len(UPGRADE_NAME), before)
        new = UPGRADE.sub(b"-:", head[before - context :])[context:]
        if len(head) > MOST_FIRST_LINE_BYTES and b"\n" not in head[:MOST_FIRST_LINE_BYTES]:
            self.refuse(AddressTooLong())
        elif len(head) > MOST_HEAD_BYTES:
            self.refuse(TooManyHeaders())
        elif not is_whole:
            self._server.data_received(new)
        else:
            # uvicorn adds trailers to the headers of a request that has not begun: what is behind the head comes once it has.
            self.is_apart = not self._is_mixed
            self._server.data_received(new)
            if data[end - before :]:
                self._loop.call_soon(self.data_received, data[end - before :])

    def _body_received(self, data: bytes) -> None:
        self.received += len(data)
        if self._length is None:
            self._lines += data.count(b"\r\n")
            self._last = (self._last + data[-4:])[-4:]
        if self._lines > FREE_LINES + self.received // LEAST_MEAN_LINE_BYTES:
            self.give_up("too many short lines")
        else:
            self._server.data_received(data)

    def eof_received(self) -> bool:
        """A client that is done sending still gets its answer, if that is soon."""
        self.is_ended = True
        self._gone_at = time.monotonic() + HALF_CLOSED_SECONDS
        if self.stop_reading:
            self.stop_reading()
        self._loop.call_soon(self._settle)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        self._all.remove(self)
        if self.stop_reading:
            self.stop_reading()
        self._server.connection_lost(error)

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client, and not its client for an answer."""
        return not self.is_active or self.stop_reading is not None

    @property
    def is_idle(self) -> bool:
        """Whether no request has begun to come that is not answered."""
        return not self.is_active and not self._head and not self.is_closing

    @property
    def is_gone(self) -> bool:
        """Whether nobody waits for an answer any more, as far as can be told."""
        return self.is_lost or time.monotonic() > self._gone_at

    @property
    def is_writable(self) -> bool:
        """Whether its client has taken all that was sent."""
        return not self.transport.get_write_buffer_size()

    @property
    def refusal(self) -> RagamError | None:
        """What is wrong with the request whose body is read."""
        return self._refusal

    def begin(self, length: int | None) -> None:
        """A request's head is complete; its body has `length` bytes, or comes in chunks (None)."""
        self.is_active, self._head, self.received, self._lines = True, b"", 0, 0
        self._length, self._last = length, b""
        self.deadline = math.inf

    def skip(self, length: int) -> bool:
        """Whether the rest of a body of `length` is let pass behind the answer, so that the connection can stay."""
        left = length - self.received
        if not (self.is_apart and 0 <= left <= MOST_SKIPPED_BYTES):
            return False
        self._skip = left
        return True

    def end(self) -> None:
        """It was answered, or nobody is there any more."""
        # Where the next head began is not known from then on: what looks like its end may be that of trailers.
        self._is_mixed |= self._last != b"\r\n\r\n" if self._length is None else self.received + self._skip != self._length
        self.is_active = self.answering = self.is_apart = False
        if not self.is_closing:
            self._wait(HEAD_SECONDS if self._skip else self._all.idle_seconds)
        self._loop.call_soon(self._settle)

    def give_up(self, reason: str) -> None:
        """What comes is parsed no further. Requests before that are answered first."""
        self._refusal = self._refusal or NotHttp(reason)
        if self.stop_reading:
            self.stop_reading()
        self._loop.call_soon(self._settle)

    def refuse(self, error: RagamError) -> None:
        self.transport.write(self._all.refuse(error, self.address))
        self.close()

    def close(self) -> None:
        """Ends the answer, and waits for the client's own end."""
        if self.is_closing or self.is_lost:
            return
        self.is_closing, self.received = True, 0
        now = time.monotonic()
        self._linger_end, self.deadline = now + LINGER_SECONDS, now + LINGER_PAUSE_SECONDS
        if self.is_ended:
            self.transport.close()
        elif not self.transport.is_closing():
            with suppress(OSError):
                self.transport.write_eof()
            self.transport.resume_reading()

    def abort(self) -> None:
        self.transport.abort()

    def expire(self, now: float) -> None:
        """Its deadline has passed."""
        if self.is_closing and self.transport.get_write_buffer_size() and now < self._linger_end - LINGER_SECONDS + STALL_SECONDS:
            self.deadline = now + LINGER_PAUSE_SECONDS
        elif self.is_closing or self.transport.get_write_buffer_size():
            self.abort()
        elif self._head:
            self.refuse(TooSlow())
        else:
            self.close()

    def _wait(self, seconds: float) -> None:
        self.since = time.monotonic()
        self.deadline = self.since + seconds

    def _settle(self) -> None:
        """Once no request is left to be answered. A request that was parsed has begun by now, for its task was made before."""
        if self.is_active or self.is_closing:
            return
        if self._refusal:
            self.refuse(self._refusal)
        elif self.is_ended and not self.is_lost:
            self.refuse(NotHttp("cut short")) if self._head else self.close()


class Guarded(asyncio.Transport):
    """The transport as uvicorn's protocol has it."""

    def __init__(self, connection: Connection, transport: asyncio.Transport) -> None:
        super().__init__()
        self._connection, self._transport = connection, transport

    def write(self, data: Any) -> None:
        if self._connection.is_closing:
            return
        if self._connection.answering or data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        else:
            self._connection.give_up("not parsed")

    def close(self) -> None:
        # uvicorn closes what is idle as soon as it stops. What has come on it by then would have no answer: its deadline ends it.
        if self._connection.is_active and not self._connection.refusal:
            self._connection.close()

    def is_closing(self) -> bool:
        return self._connection.is_closing or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()
