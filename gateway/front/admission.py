"""How long a request may wait, and how many bytes of requests and answers may be held, before one more is refused."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.errors import Overloaded, RagamError, TooSlow
from gateway.telemetry.metrics import EXPECTED_WAIT, IN_FLIGHT

# The mean time between two answers before any was given, and the share that each one has in it.
FIRST_INTERVAL_SECONDS, SHARE = 0.02, 0.05

# A body must come, and an answer be taken, by so many bytes in each of these spans; or be done.
MOVE_SECONDS, MOVE_BYTES = 20.0, 80 * 1024


class Queue:
    """Requests before a pool of `threads`, first come, first served, none longer than `most_seconds`."""

    def __init__(self, threads: int, most_seconds: float) -> None:
        self._most_seconds = most_seconds
        self._free = asyncio.Semaphore(threads)
        self._waiting = self._working = 0
        self._interval = FIRST_INTERVAL_SECONDS
        self._since = 0.0  # the last answer, or when work began after a rest

    @property
    def expected_wait(self) -> float:
        """Seconds: what is queued times the mean time between two answers while there was work.

        It is that of the processors, whether one request is at work or as many as there are threads, and counts no time in the queue.
        Where nothing has been answered for longer, as while the model server hangs, that time counts.
        """
        silent = time.monotonic() - self._since if self._working else 0.0
        return self._waiting * max(self._interval, silent)

    def check(self) -> None:
        """Raises Overloaded where one more would wait for too long."""
        if self.expected_wait > self._most_seconds:
            raise Overloaded

    def _wait(self, more: int) -> None:
        self._waiting += more
        EXPECTED_WAIT.set(self.expected_wait)

    @asynccontextmanager
    async def thread(self) -> AsyncIterator[None]:
        """Its body has a thread for itself. Raises Overloaded."""
        self.check()
        self._wait(1)
        IN_FLIGHT.inc()
        try:
            try:
                if self._free.locked():
                    async with asyncio.timeout(self._most_seconds):
                        await self._free.acquire()
                else:
                    await self._free.acquire()
            except TimeoutError:
                raise Overloaded from None
            finally:
                self._wait(-1)
            if not self._working:
                self._since = time.monotonic()
            self._working += 1
            try:
                yield
            finally:
                now = time.monotonic()
                self._interval += SHARE * (now - self._since - self._interval)
                self._since = now
                self._working -= 1
                self._free.release()
        finally:
            IN_FLIGHT.dec()


class Transfers:
    """Bodies that come and answers that go. Beyond `most_bytes` in all, whoever has been slow for longest is ended."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._ending = 0  # bytes of those that were ended and have not let go yet
        self._running: dict[Transfer, None] = {}

    def hold(self, count: int, transfer: "Transfer | None" = None) -> None:
        self._bytes += count
        if transfer:
            transfer.held += count
        while self._bytes - self._ending > self._most_bytes and self._running:
            slowest = next(iter(self._running))
            del self._running[slowest]
            self._ending += slowest.held
            slowest.is_ended = True
            slowest.stop(Overloaded())

    def release(self, count: int) -> None:
        self._bytes -= count

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Transfer"]:
        """Raises TooSlow where what moves in its body moves too slowly, and what it was stopped with."""
        transfer = Transfer()
        self._running[transfer] = None
        try:
            async with asyncio.timeout(MOVE_SECONDS) as timeout:
                # Once its time is over asyncio takes no other, and whoever would have stopped it is a request of somebody else's.
                transfer.reschedule = lambda when: None if timeout.expired() else timeout.reschedule(when)
                yield transfer
        except TimeoutError:
            raise transfer.error or TooSlow() from None
        finally:
            transfer.reschedule = lambda _: None
            self._running.pop(transfer, None)
            self._ending -= transfer.held if transfer.is_ended else 0


class Transfer:
    """One of them: `moved` says how far it has come."""

    def __init__(self) -> None:
        self.reschedule: Callable[[float | None], Any] = lambda _: None
        self.error: RagamError | None = None
        self.held = 0
        self.is_ended = False
        self._counted = 0

    def moved(self, total: int) -> None:
        if total >= self._counted + MOVE_BYTES and not self.error:
            self._counted = total
            self.reschedule(asyncio.get_running_loop().time() + MOVE_SECONDS)

    def stop(self, error: RagamError) -> None:
        if not self.error:
            self.error = error
            self.reschedule(0)
