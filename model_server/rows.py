"""Computes the rows of calls on a few workers, first come, first served, with a bound on those that wait.

A row at a time, and not batches: a row alone is the fastest that LiteRT does on a core (benchmarks/litert.py), so gathering rows
would only add a wait. A call of several rows uses all workers that are idle.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

import grpc

from model_server.batching import Batching
from model_server.status import StatusError

Row = TypeVar("Row")
Result = TypeVar("Result")
Machine = TypeVar("Machine")


class Rows(Generic[Machine]):
    """machines: what computes, one for each worker; each is used by one row at a time.

    batching: None for any number of rows and calls, else its limits, with TensorFlow Serving's words for what is beyond them. The rows
    that wait count as batches filled to max_batch_size; a call whose first row is being computed does not wait any more.
    """

    def __init__(self, machines: Sequence[Machine], batching: Batching | None) -> None:
        self._batching = batching
        self._idle = list(machines)  # as many as threads, so whoever runs finds one; append and pop are atomic
        self._threads = ThreadPoolExecutor(len(machines), thread_name_prefix="row")
        self._lock = threading.Lock()
        self._waiting = 0

    def compute(self, rows: Sequence[Row], function: Callable[[Machine, Row], Result], timeout_s: float) -> list[Result]:
        """function(machine, row) of each row.

        Raises StatusError INVALID_ARGUMENT for more rows than a batch has, UNAVAILABLE where too many wait and DEADLINE_EXCEEDED after
        timeout_s; what has not begun by then is not computed.
        """
        end = time.monotonic() + timeout_s
        ticket = _Ticket(len(rows))
        self._enter(ticket)
        futures: list[Future[Result]] = []
        try:
            futures.extend(self._threads.submit(self._one, ticket, function, row) for row in rows)
            wait(futures, max(0, end - time.monotonic()), FIRST_EXCEPTION)
            return [future.result(max(0, end - time.monotonic())) for future in futures]
        except TimeoutError:
            raise StatusError(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded") from None
        finally:
            for future in futures:
                future.cancel()
            self._leave(ticket)

    def close(self) -> None:
        self._threads.shutdown()
        self._idle.clear()

    def _one(self, ticket: "_Ticket", function: Callable[[Machine, Row], Result], row: Row) -> Result:
        self._leave(ticket)
        machine = self._idle.pop()
        try:
            return function(machine, row)
        finally:
            self._idle.append(machine)

    def _enter(self, ticket: "_Ticket") -> None:
        batching = self._batching
        with self._lock:
            if batching is not None:
                if ticket.rows > batching.max_batch_size:
                    raise StatusError(
                        grpc.StatusCode.INVALID_ARGUMENT,
                        f"Task size {ticket.rows} is larger than maximum input batch size {batching.max_batch_size}",
                    )
                if self._waiting + ticket.rows > batching.max_enqueued_batches * batching.max_batch_size:
                    enqueued = -(-self._waiting // batching.max_batch_size)
                    raise StatusError(
                        grpc.StatusCode.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; "
                        f"currently {enqueued} batches enqueued and max_enqueued_batches is {batching.max_enqueued_batches}",
                    )
            self._waiting += ticket.rows

    def _leave(self, ticket: "_Ticket") -> None:
        """The rows of a call leave the queue together, with its first that is computed, or when it gives up."""
        with self._lock:
            self._waiting -= ticket.rows
            ticket.rows = 0


class _Ticket:
    def __init__(self, rows: int) -> None:
        self.rows = rows
