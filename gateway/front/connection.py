"""What uvicorn leaves open on a connection: limits of time and of bytes in a head, refusals in the envelope, a clean close.

`Connection` is uvicorn's `http` class. It stands between the transport and uvicorn's own protocol, which parses and frames requests, and
between that protocol and the transport.
"""

import asyncio
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import AddressTooLong, NotHttp, RagamError, TooManyHeaders, TooSlow
from gateway.front.connections import Connections
from gateway.front.transport import Guarded

MOST_FIRST_LINE_BYTES, MOST_HEAD_BYTES = 4200, 32 * 1024
HEAD_SECONDS = 10.0
# httptools takes what is behind a head that asks for an upgrade, its body too, for another request. So it gets another name to read.
UPGRADE = re.compile(rb"(?i)\r\nupgrade:")
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
# Nothing is begun for a request whose last byte came longer ago.
REQUEST_SECONDS = 30.0
# What is read of a connection beyond the request that is under way.
MOST_HELD_BYTES = 16 * 1024


class Connection(asyncio.Protocol):
    """Gives uvicorn one request at a time: its head, then its body, and what is behind it once it was answered.

    uvicorn would take in all that come behind one another, and read a body in chunks with its trailers before the request begins, which
    makes headers of them. front.py calls begin() and end() around each request. A request in chunks is a connection's last, for where
    its body ends only uvicorn knows.
    """

    def __init__(self, *, app_state: dict[str, Any], **arguments: Any) -> None:
        """As uvicorn makes the class that its `http` setting names; `app_state` is the state of the lifespan."""
        self._all: Connections = app_state["connections"]
        self._all.make = self._all.make or (lambda: Connection(app_state=app_state, **arguments))
        self._server = HttpToolsProtocol(app_state={**app_state, "connection": self}, **arguments)
        self._loop = asyncio.get_running_loop()
        self._held = bytearray()  # what has come and uvicorn does not have yet
        self.left: int | None = 0  # bytes of the request's body that uvicorn does not have yet, None where it comes in chunks
        self._lines = self._received = 0  # of a body in chunks
        self._refusal: RagamError | None = None
        self._begins = False  # whether uvicorn has a head, and begin() comes next
        self._is_full = False  # whether uvicorn wants no more for now
        self.is_active = self.is_ended = self.is_closing = self.is_lost = self.answering = False
        self._gone_at = self._answer_by = math.inf
        self._linger_end = 0.0
        # What ends the wait for more of a request's body, while there is one.
        self.stop_reading: Callable[[], Any] | None = None

    # What comes.

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
        elif self.is_active and self.left and not self._held and len(data) <= self.left:
            # The way of all but the first and last bytes of a body, without a copy.
            self.left -= len(data)
            self._server.data_received(data)
        elif not self._refusal:
            if not self._held and self.is_idle:
                self._wait(HEAD_SECONDS)
            self._held += data
            self._feed()

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
        if self.stop_reading:
            self.stop_reading()
        self._server.connection_lost(error)

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()

    def _feed(self) -> None:
        if self.is_lost or self.is_closing or self._refusal or self._begins:
            return
        if self.left is None:
            if self.answering:
                # The connection ends behind the answer. What uvicorn has against a chunk it would write into the midst of it.
                self._held.clear()
            self._give_chunks()
        elif self.left:
            size = min(self.left, len(self._held))
            self.left -= size
            self._give(size)
        if not self.is_active and not self.left:
            self._give_head()
        if self.is_ended and self.left != 0 and self.stop_reading:
            self._loop.call_soon(self.stop_reading)
        self._read_on()

    def _give_head(self) -> None:
        # Empty lines before a request are allowed.
        del self._held[: len(self._held) - len(self._held.lstrip(b"\r\n"))]
        end = self._held.find(b"\r\n\r\n") + 4
        head = bytes(self._held[: end if end >= 4 else MOST_HEAD_BYTES + 1])
        if not head:
            return
        if head.count(b"\n") != head.count(b"\r\n") or not head[:1].isupper():
            self.refuse(NotHttp("a line feed alone, or no method"))
        elif len(head) > MOST_FIRST_LINE_BYTES and b"\n" not in head[:MOST_FIRST_LINE_BYTES]:
            self.refuse(AddressTooLong())
        elif len(head) > MOST_HEAD_BYTES:
            self.refuse(TooManyHeaders())
        elif head.startswith(b"CONNECT "):
            # As with an upgrade what is behind it would be read as another request, and here whatever else the head says.
            self.refuse(NotHttp("CONNECT"))
        elif end >= 4:
            del self._held[:end]
            self._begins = True
            self._server.data_received(UPGRADE.sub(b"\r\n-:", head))
            self._loop.call_soon(self._check_begun)

    def _check_begun(self) -> None:
        """The task of a request that was parsed was made before this was called, and has begun."""
        if self._begins:
            self._begins = False
            self.give_up("no request")

    def _give_chunks(self) -> None:
        self._received += len(self._held)
        self._lines += self._held.count(b"\r\n")
        if self._lines > FREE_LINES + self._received // LEAST_MEAN_LINE_BYTES:
            self.give_up("too many short lines")
        else:
            self._give(len(self._held))

    def _give(self, size: int) -> None:
        with memoryview(self._held) as view:
            data = bytes(view[:size])
        del self._held[:size]
        if data:
            self._server.data_received(data)

    def set_full(self, *, is_full: bool) -> None:
        self._is_full = is_full
        self._read_on()

    def _read_on(self) -> None:
        """Or not, where enough has come."""
        if self._is_full or len(self._held) > MOST_HELD_BYTES:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    # What front.py says and asks.

    def begin(self, length: int | None) -> None:
        """A request's head is complete; its body has `length` bytes, or comes in chunks (None)."""
        self.is_active, self._begins = True, False
        self.left, self._lines, self._received = length, 0, 0
        self.deadline = math.inf
        self._answer_by = math.inf
        # Only now: front.py has taken the headers by then.
        self._loop.call_soon(self._feed)

    def complete(self) -> None:
        """All of the request has come, however long that took: from here on its client waits."""
        self._answer_by = time.monotonic() + REQUEST_SECONDS

    def end(self) -> None:
        """It was answered, or nobody is there any more."""
        self.is_active = self.answering = False
        if not self.is_closing:
            self._wait(HEAD_SECONDS if self.left or self._held else self._all.idle_seconds)
        self._loop.call_soon(self._settle)

    @property
    def can_stay(self) -> bool:
        """Whether another request may follow: what is left of the body is let pass behind the answer."""
        return self.left is not None and self.left <= MOST_SKIPPED_BYTES

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client, and not its client for an answer."""
        return not self.is_active or self.stop_reading is not None

    @property
    def is_idle(self) -> bool:
        """Whether no request has begun to come that is not answered."""
        return not (self.is_active or self._begins or self._held or self.left or self.is_closing)

    def is_abandoned(self) -> bool:
        """Whether nobody waits for an answer any more, as far as can be told, or the time for the request is over."""
        return self.is_lost or time.monotonic() > min(self._gone_at, self._answer_by)

    @property
    def is_writable(self) -> bool:
        """Whether its client has taken all that was sent."""
        return not self.transport.get_write_buffer_size()

    @property
    def refusal(self) -> RagamError | None:
        """What is wrong with the request whose body is read."""
        return self._refusal

    # How it ends.

    def give_up(self, reason: str) -> None:
        """What comes is parsed no further. A request before that is answered first."""
        self._refusal = self._refusal or NotHttp(reason)
        self._held.clear()
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
        elif self._held:
            self.refuse(TooSlow())
        else:
            self.close()

    def _wait(self, seconds: float) -> None:
        self.since = time.monotonic()
        self.deadline = self.since + seconds

    def _settle(self) -> None:
        """Between two requests."""
        if not self.is_active:
            self._feed()
        if self.is_active or self._begins or self.is_closing or self.is_lost:
            return
        if self._refusal:
            self.refuse(self._refusal)
        elif self.is_ended:
            self.refuse(NotHttp("cut short")) if self._held else self.close()
