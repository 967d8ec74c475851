"""One client: what has come of its next request, what has still to go of its last answer, and until when."""

import contextlib
import math
import socket
from enum import Enum, auto
from typing import Any

from gateway.door.body import Chunked, Measured, Stream
from gateway.door.head import Head
from gateway.door.outbox import Outbox
from gateway.door.parsing import body_of, parse, take_expectation, unreadable
from gateway.door.patience import LINGER_PAUSE_SECONDS, LINGER_SECONDS, Patience


class Phase(Enum):
    IDLE = auto()  # nothing of a request has come
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()  # the request is whole, and its answer is made or waited for
    SENDING = auto()
    SKIPPING = auto()  # answered by its head: what has still to come of the body is thrown away
    LINGERING = auto()  # nothing goes to the client any more; what comes is thrown away until it ends too
    CLOSED = auto()


class Connection:
    """Of gunicorn's own connections it has `sock`, `client` and `server`, which are what gunicorn's handle_request looks for."""

    def __init__(self, sock: socket.socket, addresses: tuple[Any, Any], cfg: Any, patience: Patience, most_body_bytes: int) -> None:
        """Of the client at the first of `addresses`, which came to the second."""
        self.socket = sock
        self.sock = Outbox(sock)
        self.client, self.server = addresses
        self.held = 0  # what the loop has counted of `size`
        self.was_busy = False  # what the loop has counted of `is_busy`
        self.keeps = False  # whether another request may follow the one that is answered
        self._drained = 0  # what has come while lingering
        self._linger_end = 0.0
        self.watched_for = 0  # what the loop's selector waits for: an event of selectors, or nothing
        self._cfg = cfg
        self._patience = patience
        self._most_body_bytes = most_body_bytes
        self._ahead = b""
        self._is_new = True
        self._begin()

    def _begin(self) -> None:
        self.phase = Phase.IDLE
        self.deadline = math.inf
        self.request: Any = None
        self._head = Head()
        self._body: Measured | Chunked | None = None
        self._given = 0
        self._counted = self._whole = 0
        self.left = 0  # bytes of the body that nobody waits for
        self.sock.sent = 0
        self.sock.notes = {}

    def expect_request(self, now: float) -> bytes:
        """From here on the next request is waited for; what has already come of it, behind the last one, is for feed()."""
        self._begin()
        self.deadline = now + self._patience.idle_seconds
        ahead, self._ahead = self._ahead, b""
        return ahead

    @property
    def wanted(self) -> int:
        """How many bytes to read at most: without need none of the next request."""
        return self._body.wanted if self._body else 64 * 1024

    @property
    def size(self) -> int:
        """Bytes that are kept of requests and answers, a body that the application has got included."""
        return len(self._head.text) + (len(self._body.data) if self._body else self._given) + len(self._ahead) + self.sock.size

    @property
    def is_busy(self) -> bool:
        """Whether the client wants something, or has just come, which is for the same. Not where it has been answered and only stays."""
        return self.phase not in (Phase.LINGERING, Phase.CLOSED) and (self._is_new or self.phase is not Phase.IDLE)

    def feed(self, data: bytes | memoryview, now: float) -> bool:
        """Whether `data` completes the request: `request` is gunicorn's then, its body in memory. Raises RagamError for no request."""
        if self._body is None:
            rest = self._head.feed(data)
            if rest is None:
                if self.phase is Phase.IDLE and self._head.text:
                    self.phase = Phase.HEAD
                    self.deadline = now + self._patience.head_seconds
                return False
            data = rest
            self._start_body(now, at_once=bool(rest))
        return self._feed_body(memoryview(data), now)

    def _start_body(self, now: float, *, at_once: bool) -> None:
        self.phase = Phase.BODY
        self._move(now)
        self.request = parse(bytes(self._head.text), self._cfg, self.client)
        self._body = body_of(self.request, self._most_body_bytes)
        expected = take_expectation(self.request)
        if isinstance(self._body, Measured) and self._body.length > self._most_body_bytes:
            # No route takes as much: the application answers by the length alone, and what comes of the body is thrown away.
            self._body = Measured(0)
            self._body.is_cut = True
        elif expected and not at_once and not self._body.complete:
            with contextlib.suppress(OSError):
                self.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _feed_body(self, data: memoryview, now: float) -> bool:
        assert self._body is not None
        taken = self._body.feed(data)
        if not self._body.complete:
            self._keep_moving(now, len(self._body.data))
            return False
        if self._body.is_cut:
            self.request.force_close()
        else:
            self._ahead = bytes(data[taken:])
        self._given = len(self._body.data)
        self.request.body = Stream(self._body.data)
        self._body = None
        self._is_new = False
        self.phase = Phase.ANSWERING
        self.deadline = math.inf
        return True

    @property
    def is_announced(self) -> bool:
        """Whether the head is known, and from it where the body will end, which is still coming."""
        return isinstance(self._body, Measured)

    def forgo_body(self) -> None:
        """The answer is made without the rest of the body."""
        assert self._body is not None
        self.left = self._body.wanted
        self._body = None
        self.phase = Phase.ANSWERING
        self.deadline = math.inf

    def skip(self, count: int, now: float) -> bool:
        """Whether, with `count` more bytes, all of the body has come that is thrown away. With 0 the wait for it begins."""
        if self.phase is not Phase.SKIPPING:
            self.phase = Phase.SKIPPING
            self._whole = self.left
            self._move(now)
        self.left -= count
        self._keep_moving(now, self._whole - self.left)
        return not self.left

    def give_up(self) -> None:
        """What has come is no request that is taken: the answer to it is the connection's last."""
        if self.request is None:
            self.request = unreadable(self._cfg, self.client)
        self.request.force_close()
        self.request.body = Stream(bytearray())
        self._body, self._head, self._ahead, self._given = None, Head(), b"", 0
        self.phase = Phase.ANSWERING
        self.deadline = math.inf

    def send(self, now: float) -> bool:
        """Whether the answer has gone; else the client has until `deadline` to take more. Raises OSError where the client is gone."""
        if self.phase is not Phase.SENDING:
            self.phase = Phase.SENDING
            self._move(now)
        gone = self.sock.flush()
        self._keep_moving(now, self.sock.sent)
        return gone

    def _move(self, now: float) -> None:
        self._counted = 0
        self.deadline = now + self._patience.body_seconds

    def _keep_moving(self, now: float, size: int) -> None:
        """Whoever was fast has no credit from it: what has come at once would be held for as long as it might have taken."""
        if size >= self._counted + self._patience.least_bytes:
            self._counted = size
            self.deadline = now + self._patience.body_seconds

    def linger(self, now: float) -> None:
        """Ends the answer, and from here on waits for the client's own end. Raises OSError where the client is gone."""
        self.phase = Phase.LINGERING
        self.request, self._given, self._ahead = None, 0, b""
        self._linger_end = now + LINGER_SECONDS
        self.deadline = now + LINGER_PAUSE_SECONDS
        self.socket.shutdown(socket.SHUT_WR)

    def drain(self, count: int, now: float) -> bool:
        """Whether more is waited for behind `count` bytes, which are 0 where the client has ended too."""
        self._drained += count
        self.deadline = min(self._linger_end, now + LINGER_PAUSE_SECONDS)
        return count > 0 and self._drained <= self._most_body_bytes

    def close(self) -> None:
        self.phase = Phase.CLOSED
        self.request = self._body = None
        self.sock.close()
        self.socket.close()
