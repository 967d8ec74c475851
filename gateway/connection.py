"""What uvicorn leaves open on a connection: limits of time, of bytes in a head and of connections, refusals in the envelope, a clean close.

`Connection` is uvicorn's `http` class. It stands between the transport and uvicorn's own protocol, which parses and frames requests, and
between that protocol and the transport: what uvicorn answers by itself becomes the application's refusal.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import AddressTooLong, NotHttp, RagamError, TooManyHeaders, TooSlow

MOST_FIRST_LINE_BYTES, MOST_HEAD_BYTES = 4200, 32 * 1024
HEAD_SECONDS = 10.0
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
# What is read of a connection before it is used; what of a body in chunks is given on at once, for requests may be behind its end.
MOST_HELD_BYTES, CHUNKED_PIECE_BYTES = 64 * 1024, 8 * 1024
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
        self._held = bytearray()  # what has come and uvicorn does not have yet
        self._head = b""  # what uvicorn has of the next request's
        self.is_ended = False
        self._gone_at = math.inf
        self.is_apart = False  # whether the request began with its head alone
        self._refusal: RagamError | None = None
        self._active = False
        self._begins = False  # whether uvicorn has a whole head, and begin() comes next
        self._is_paused = False  # whether uvicorn wants no more at the moment
        self._linger_end = 0.0
        self._skip = 0  # bytes still to come of a body whose request was answered
        self.answering = self.is_closing = self.is_lost = False
        self._received = self._lines = 0  # bytes and their lines since the last request's head
        # What ends the wait for more of a request's body, while there is one; how much is to come, None where chunks tell.
        self._stop_reading: Callable[[], Any] | None = None
        self._body_left: int | None = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        self._wait(self._all.idle_seconds)
        self._all.add(self)
        self._server.connection_made(Guarded(self, self.transport))

    def data_received(self, data: bytes) -> None:
        if self.is_closing:
            self._received += len(data)
            self.deadline = min(self._linger_end, time.monotonic() + LINGER_PAUSE_SECONDS)
            if self._received > LINGER_BYTES:
                self.abort()
        if self.is_closing or self.is_lost or self._refusal:
            return
        self._held += data
        self._feed()

    def _feed(self) -> None:
        """Gives uvicorn what it may have: one request at a time, for it takes in at once all that come behind one another."""
        while self._held and not (self.is_closing or self.is_lost or self._refusal):
            if self._skip and not self._active:
                self._skip_received()
            elif not self._active and not self._begins:
                self._head_received()
            elif self._stop_reading and self._body_left != 0 and not self._is_paused:
                self._body_received()
                if self._body_left is None and self._held:
                    # Only once it is known whether the body has ended.
                    self._loop.call_soon(self._feed)
                    break
            else:
                break
        if self.is_ended and not self._held and self._stop_reading:
            self._loop.call_soon(self._stop_reading)
        self._read_on()

    def _read_on(self) -> None:
        """Or not, where enough has come."""
        if self._is_paused or len(self._held) > MOST_HELD_BYTES:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _head_received(self) -> None:
        if not self._head:
            # Empty lines before a request are allowed.
            del self._held[: len(self._held) - len(self._held.lstrip(b"\r\n"))]
            if not self._held:
                return
            self._wait(HEAD_SECONDS)
        before = len(self._head)
        head = self._head + self._held
        end = head.find(b"\r\n\r\n", max(0, before - 3)) + 4
        is_whole = end >= 4
        self._head = head = head[:end] if is_whole else head
        if len(head) > MOST_FIRST_LINE_BYTES and b"\n" not in head[:MOST_FIRST_LINE_BYTES]:
            self.refuse(AddressTooLong())
        elif len(head) > MOST_HEAD_BYTES:
            self.refuse(TooManyHeaders())
        else:
            # uvicorn adds trailers to the headers of a request that has not begun: what is behind the head comes once it has.
            self.is_apart = self._begins = is_whole
            self._give(len(head) - before)
            if is_whole:
                self._loop.call_soon(self._check_begun)

    def _check_begun(self) -> None:
        """The task of a request that was parsed was made before this was called."""
        if self._begins:
            self._begins = False
            self.give_up("no request")

    def _skip_received(self) -> None:
        size = min(len(self._held), self._skip)
        self._skip -= size
        self._give(size)
        if not self._skip:
            self._wait(self._all.idle_seconds)

    def _body_received(self) -> None:
        size = min(len(self._held), CHUNKED_PIECE_BYTES if self._body_left is None else self._body_left)
        self._received += size
        if self._body_left is None:
            self._lines += self._held.count(b"\r\n", 0, size)
        if self._lines > FREE_LINES + self._received // LEAST_MEAN_LINE_BYTES:
            self.give_up("too many short lines")
            return
        if self._body_left is not None:
            self._body_left -= size
        self._give(size)

    def _give(self, size: int) -> None:
        data = bytes(self._held[:size])
        del self._held[:size]
        self._server.data_received(data)

    def eof_received(self) -> bool:
        """A client that is done sending still gets its answer, if that is soon."""
        self.is_ended = True
        self._gone_at = time.monotonic() + HALF_CLOSED_SECONDS
        self._feed()
        self._loop.call_soon(self._settle)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        self._all.remove(self)
        self._held.clear()
        if self._stop_reading:
            self._stop_reading()
        self._server.connection_lost(error)

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client, and not its client for an answer."""
        return not self._active or self._stop_reading is not None

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

    def begin(self) -> None:
        """A request's head is complete."""
        self._active, self._begins, self._head, self._received, self._lines = True, False, b"", 0, 0
        self.deadline = math.inf

    def take(self, length: int) -> bool:
        """Whether a request's body of `length` bytes has come with its head. uvicorn then has it."""
        if len(self._held) < length:
            return False
        self._body_left = length
        self._body_received()
        return not self._refusal

    @contextmanager
    def reading(self, length: int | None, stop: Callable[[], Any]) -> Iterator[None]:
        """Its body reads a request's, of `length` bytes or in chunks. `stop` is called where no more of it will come."""
        self._body_left, self._stop_reading = length, stop
        self._loop.call_soon(stop if self._refusal else self._feed)
        try:
            yield
        finally:
            self._stop_reading = None

    def pause(self, *, is_paused: bool) -> None:
        """Whether uvicorn has as much as it wants to have."""
        self._is_paused = is_paused
        self._read_on()
        if self._stop_reading and not is_paused:
            self._loop.call_soon(self._feed)

    def skip(self, length: int) -> bool:
        """Whether the rest of a body of `length` is let pass behind the answer, so that the connection can stay."""
        left = length - self._received
        if not (self.is_apart and 0 <= left <= MOST_SKIPPED_BYTES):
            return False
        self._skip = left
        return True

    def end(self) -> None:
        """It was answered, or nobody is there any more."""
        self._active = self.answering = self.is_apart = False
        if not self.is_closing:
            self._wait(HEAD_SECONDS if self._skip else self._all.idle_seconds)
        self._loop.call_soon(self._settle)

    def give_up(self, reason: str) -> None:
        """What comes is parsed no further. Requests before that are answered first."""
        self._refusal = self._refusal or NotHttp(reason)
        if self._stop_reading:
            self._stop_reading()
        self._loop.call_soon(self._settle)

    def refuse(self, error: RagamError) -> None:
        self.transport.write(self._all.refuse(error, self.address))
        self.close()

    def close(self) -> None:
        """Ends the answer, and waits for the client's own end."""
        if self.is_closing or self.is_lost:
            return
        self.is_closing, self._received = True, 0
        self._held.clear()
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
        if not self._active:
            self._feed()
        if self._active or self._begins or self.is_closing:
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
        if not self._connection.refusal:
            self._connection.close()

    def is_closing(self) -> bool:
        return self._connection.is_closing or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._connection.pause(is_paused=True)

    def resume_reading(self) -> None:
        self._connection.pause(is_paused=False)
