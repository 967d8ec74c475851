"""Computes the rows of calls on a few machines, first come, first served, with a bound on those that wait.

A row at a time, and not batches: a row alone is the fastest that LiteRT does on a core (benchmarks/litert.py), so gathering rows
would only add a wait. It is computed in the thread of its call, since each handing over from thread to thread waits for the
interpreter's lock. A call of several rows uses all machines that are idle.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import grpc

from model_server.batching import Batching
from model_server.status import StatusError

Row = TypeVar("Row")
Result = TypeVar("Result")
Machine = TypeVar("Machine")


class Rows(Generic[Machine]):
    """machines: what computes; each is used by one row at a time.

    batching: None for any number of rows and calls, else its limits, with TensorFlow Serving's words for what is beyond them. The rows
    that wait count as batches filled to max_batch_size; a call whose first row is being computed does not wait any more.
    """

    def __init__(self, machines: Sequence[Machine], batching: Batching | None) -> None:
        self._batching = batching
        self._machines = _Machines(machines)
        self._count = len(machines)
        self._helpers = ThreadPoolExecutor(max(1, self._count - 1), thread_name_prefix="row")
        self._lock = threading.Lock()
        self._waiting = 0

    def compute(self, rows: Sequence[Row], function: Callable[[Machine, Row], Result], timeout_s: float) -> list[Result]:
        """function(machine, row) of each row.

        Raises StatusError INVALID_ARGUMENT for more rows than a batch has, UNAVAILABLE where too many wait and DEADLINE_EXCEEDED after
        timeout_s; what has not begun by then is not computed.
        """
        call = _Call(rows, function, time.monotonic() + timeout_s)
        self._enter(call)
        helpers: list[Future[None]] = []
        try:
            helpers.extend(self._helpers.submit(self._work, call) for _ in range(min(len(rows), self._count) - 1))
            self._work(call)
        finally:
            # One that has not begun finds no row left.
            for helper in helpers:
                helper.cancel() or helper.exception()
            self._leave(call)
        if call.error is not None:
            raise call.error
        return [call.results[index] for index in range(len(rows))]

    def close(self) -> None:
        self._helpers.shutdown()
        self._machines.close()

    def _work(self, call: "_Call[Machine, Any, Any]") -> None:
        """Row after row of `call`, until none is left or one has failed."""
        try:
            while (index := call.next_row()) is not None:
                machine = self._machines.take(call.end)
                self._leave(call)
                try:
                    call.results[index] = call.function(machine, call.rows[index])
                finally:
                    self._machines.give_back(machine)
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread of the call
            call.error = error

    def _enter(self, call: "_Call[Machine, Any, Any]") -> None:
        batching = self._batching
        with self._lock:
            if batching is not None:
                if call.waiting > batching.max_batch_size:
                    raise StatusError(
                        grpc.StatusCode.INVALID_ARGUMENT,
                        f"Task size {call.waiting} is larger than maximum input batch size {batching.max_batch_size}",
                    )
                if self._waiting + call.waiting > batching.max_enqueued_batches * batching.max_batch_size:
                    enqueued = -(-self._waiting // batching.max_batch_size)
                    raise StatusError(
                        grpc.StatusCode.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; "
                        f"currently {enqueued} batches enqueued and max_enqueued_batches is {batching.max_enqueued_batches}",
                    )
            self._waiting += call.waiting

    def _leave(self, call: "_Call[Machine, Any, Any]") -> None:
        """The rows of a call leave the queue together, with its first that is computed, or when it gives up."""
        if call.waiting:
            with self._lock:
                self._waiting -= call.waiting
                call.waiting = 0


class _Call(Generic[Machine, Row, Result]):
    """end: its deadline, on the monotonic clock. waiting: its rows that are in the queue. results: by the row's index."""

    def __init__(self, rows: Sequence[Row], function: Callable[[Machine, Row], Result], end: float) -> None:
        self.rows, self.function, self.end = rows, function, end
        self.waiting = len(rows)
        self.results: dict[int, Result] = {}
        self.error: BaseException | None = None
        self._indices = iter(range(len(rows)))  # whose next() is atomic

    def next_row(self) -> int | None:
        return None if self.error is not None else next(self._indices, None)


class _Machines(Generic[Machine]):
    """Lends machines, to whoever has waited longest."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._idle = list(machines)
        self._queue: deque[_Place[Machine]] = deque()
        self._lock = threading.Lock()

    def take(self, end: float) -> Machine:
        """Raises StatusError DEADLINE_EXCEEDED where none is free before `end`."""
        with self._lock:
            if self._idle and time.monotonic() < end:
                return self._idle.pop()
            place: _Place[Machine] = _Place()
            self._queue.append(place)
        if not place.lock.acquire(timeout=max(0, end - time.monotonic())):
            with self._lock:
                if not place.machine:
                    self._queue.remove(place)
                    raise StatusError(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
        return place.machine[0]

    def give_back(self, machine: Machine) -> None:
        with self._lock:
            if not self._queue:
                self._idle.append(machine)
                return
            place = self._queue.popleft()
            place.machine.append(machine)
        place.lock.release()

    def close(self) -> None:
        self._idle.clear()


class _Place(Generic[Machine]):
    """In the queue. Its lock is free once `machine` holds one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.machine: list[Machine] = []
