"""The loop of gunicorn's threaded worker, which reads requests and sends what is left of answers, so that threads only answer."""

import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from gateway.door.answering import answer
from gateway.door.clients import Clients
from gateway.door.connection import Connection, Phase
from gateway.door.copies import Copies
from gateway.door.desk import Desk, desks, is_liveness, is_probe
from gateway.door.newcomers import newcomer
from gateway.door.patience import Patience
from gateway.errors import CutShort, Overloaded, RagamError, TooSlow
from gateway.refusals import COMPLETE, QUEUED, REFUSAL
from gateway.uploads import MULTIPART_OVERHEAD_BYTES, most_body_bytes

_READ_BYTES = 256 * 1024
SWEEP_SECONDS = 0.2

# gunicorn would tell its master in every turn that this worker lives, and gives up one that has not for half a minute.
_NOTIFY_SECONDS = 1.0


class FrontDoor(ThreadWorker):  # type: ignore[misc]
    """Everything below runs in the loop's thread, but for handle(), which runs in any; a connection is in one thread at a time."""

    wsgi: Any

    def run(self) -> None:
        application = self.wsgi
        settings = application.extensions["settings"]
        self.patience = Patience.of(settings, self.cfg.keepalive)
        self.most_body_bytes = most_body_bytes(settings)
        # One of the largest is always taken.
        self.clients = Clients(self.poller, max(settings.max_buffered_bytes, self.most_body_bytes + MULTIPART_OVERHEAD_BYTES))
        self.desk, self.probes = desks(self.tpool, settings.max_in_flight or 4 * self.cfg.threads)
        # gunicorn would end connections after an answer to keep some free; here room is made when it is wanted.
        self.max_keepalived = self.worker_connections
        self.scratch = memoryview(bytearray(_READ_BYTES))
        self.copies = Copies(application)
        self.notified = 0.0

        def with_notes(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            notes = environ["gunicorn.socket"].notes
            environ.update(notes)
            return (self.copies.original if isinstance(notes.get(REFUSAL), Overloaded) else application)(environ, start_response)

        self.wsgi = with_notes
        super().run()

    def notify(self) -> None:
        now = time.monotonic()
        if now >= self.notified + _NOTIFY_SECONDS:
            self.notified = now
            super().notify()

    # A client comes.

    def accept(self, listener: Any) -> None:
        if self.nr_conns >= self.worker_connections - 1:
            self.make_room()
        come = newcomer(listener, self.make_room)
        if come is None:
            return
        self.nr_conns += 1
        connection = Connection(*come, self.cfg, self.patience, self.most_body_bytes)
        self.clients.add(connection)
        self.await_request(connection)

    def make_room(self) -> bool:
        """Whether a connection was closed for a new one."""
        longest = self.clients.longest_waiting()
        if longest:
            self.drop(longest)
        return longest is not None

    # Its request comes.

    def await_request(self, connection: Connection) -> None:
        now = time.monotonic()
        ahead = connection.expect_request(now)
        if not self.alive:
            connection.deadline = min(connection.deadline, now + STOP_KEEPALIVE_LINGER)
        self.clients.count(connection)
        if ahead:
            # What comes meanwhile lies behind it.
            self.clients.unwatch(connection)
            self.method_queue.defer(self.guard, self.take, connection, ahead)
        else:
            self.watch(connection, selectors.EVENT_READ, self.read)

    def read(self, connection: Connection) -> None:
        count = connection.socket.recv_into(self.scratch, min(connection.wanted, _READ_BYTES))
        if count:
            self.take(connection, self.scratch[:count])
        elif connection.phase is Phase.IDLE:
            self.drop(connection)
        else:
            self.refuse(connection, CutShort())

    def take(self, connection: Connection, data: bytes | memoryview) -> None:
        if connection.phase is Phase.CLOSED:
            return
        was_announced = connection.is_announced
        try:
            complete = connection.feed(data, time.monotonic())
        except RagamError as refusal:
            self.refuse(connection, refusal)
            return
        fits = self.clients.count(connection)
        if complete:
            self.dispatch(connection)
        elif not fits:
            self.refuse(connection, Overloaded())
        elif connection.is_announced and not was_announced and self.is_one_too_many(connection):
            # Only now, where nothing of the body is lost yet: it may come for seconds, and in the end there may be room.
            connection.forgo_body()
            self.clients.count(connection)
            self.turn_away(connection)
        else:
            self.watch(connection, selectors.EVENT_READ, self.read)

    # It is answered.

    def dispatch(self, connection: Connection) -> None:
        notes = connection.sock.notes
        notes[COMPLETE] = time.perf_counter()
        if is_liveness(connection.request.method, connection.request.path):
            self.answer_here(connection)
            return
        desk = self.desk_for(connection)
        if desk.is_full:
            self.turn_away(connection)
            return
        self.clients.unwatch(connection)
        if desk is self.desk:
            notes[QUEUED] = True
        desk.take(self.handle, connection, lambda future: self.method_queue.defer(self.leave, desk, connection, future))

    def leave(self, desk: Desk, connection: Connection, future: "Future[bool]") -> None:
        desk.leave()
        self.guard(self.finish, connection, not future.cancelled() and future.exception() is None and future.result())

    def desk_for(self, connection: Connection) -> Desk:
        return self.probes if is_probe(connection.request.path) else self.desk

    def is_one_too_many(self, connection: Connection) -> bool:
        """Whether its head is enough to refuse it."""
        return self.desk_for(connection).is_full and self.copies.has(connection.request)

    def turn_away(self, connection: Connection) -> None:
        """Answers a request that is one too many."""
        if not self.copies.has(connection.request):
            connection.sock.notes[REFUSAL] = Overloaded()
            self.answer_here(connection)
            return
        keeps = self.alive and not connection.request.should_close()
        since = connection.sock.notes.get(COMPLETE, time.perf_counter())
        connection.sock.sendall(self.copies.answer(connection.request, connection.client, keeps, since))
        self.finish(connection, keeps)

    def refuse(self, connection: Connection, refusal: RagamError) -> None:
        """Answers what is no whole request, and hears no more of the client."""
        connection.give_up()
        self.clients.count(connection)
        connection.sock.notes[REFUSAL] = refusal
        self.answer_here(connection)

    def answer_here(self, connection: Connection) -> None:
        """In the loop's own thread, for what the application answers without waiting for anybody."""
        self.finish(connection, self.handle(connection))

    def handle(self, connection: Connection) -> bool:
        return answer(self, connection)

    def finish(self, connection: Connection, keeps: bool) -> None:
        connection.keeps = keeps
        self.send(connection)

    def send(self, connection: Connection) -> None:
        if not connection.send(time.monotonic()):
            if self.clients.count(connection):
                self.watch(connection, selectors.EVENT_WRITE, self.send)
            else:
                self.drop(connection)
            return
        if connection.keeps and connection.left:
            connection.skip(0, time.monotonic())
            self.watch(connection, selectors.EVENT_READ, self.skip)
        elif connection.keeps:
            self.await_request(connection)
        else:
            self.linger(connection)

    def skip(self, connection: Connection) -> None:
        count = connection.socket.recv_into(self.scratch, min(connection.left, _READ_BYTES))
        if not count:
            self.drop(connection)
        elif connection.skip(count, time.monotonic()):
            self.await_request(connection)

    # It goes.

    def linger(self, connection: Connection) -> None:
        connection.linger(time.monotonic())
        self.clients.count(connection)
        self.watch(connection, selectors.EVENT_READ, self.drain)

    def drain(self, connection: Connection) -> None:
        if not connection.drain(connection.socket.recv_into(self.scratch), time.monotonic()):
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
        if self.clients.remove(connection):
            self.nr_conns -= 1

    def murder_pending(self) -> None:
        """As gunicorn names it, which calls it in every turn of its loop: whoever's time is up goes."""
        for connection in self.clients.overdue(time.monotonic()):
            if connection.phase in (Phase.HEAD, Phase.BODY):
                self.guard(self.refuse, connection, TooSlow())
            else:
                self.drop(connection)

    # What the loop keeps.

    def watch(self, connection: Connection, event: int, callback: Callable[[Connection], None]) -> None:
        self.clients.watch(connection, event, partial(self.guard, callback))

    def guard(self, callback: Callable[..., None], connection: Connection, *arguments: Any) -> None:
        """One client's trouble is not the others'."""
        if connection.phase is Phase.CLOSED:
            return
        try:
            callback(connection, *arguments)
        except BlockingIOError:
            return
        except OSError:
            self.drop(connection)
        except Exception:
            self.log.exception("a connection is given up")
            self.drop(connection)
