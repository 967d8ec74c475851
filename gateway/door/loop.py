"""The loop of gunicorn's threaded worker, which reads requests and sends what is left of answers, so that threads only answer."""

import errno
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from gateway.door.clients import Clients
from gateway.door.connection import Connection, Patience, Phase
from gateway.door.desk import Desk, desks, is_liveness, is_probe
from gateway.errors import CutShort, Overloaded, RagamError, TooSlow
from gateway.refusals import COMPLETE, QUEUED, REFUSAL
from gateway.uploads import MULTIPART_OVERHEAD_BYTES, most_body_bytes

_READ_BYTES = 256 * 1024
SWEEP_SECONDS = 0.2

# A client that is not done sending when it has its answer would lose it by a reset: it may go on for so long, with so long a pause.
_LINGER_SECONDS, _LINGER_PAUSE_SECONDS = 30.0, 2.0

_GONE = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF)
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class FrontDoor(ThreadWorker):  # type: ignore[misc]
    """Everything below runs in the loop's thread, but for handle(), which runs in any; a connection is in one thread at a time."""

    wsgi: Any

    def run(self) -> None:
        application = self.wsgi
        settings = application.extensions["settings"]
        self.patience = Patience(
            self.cfg.keepalive, settings.head_seconds, settings.body_seconds, settings.body_seconds * settings.least_rate
        )
        self.most_body_bytes = most_body_bytes(settings)
        # One of the largest is always taken.
        self.clients = Clients(self.poller, max(settings.max_buffered_bytes, self.most_body_bytes + MULTIPART_OVERHEAD_BYTES))
        self.desk, self.probes = desks(self.tpool, settings.max_in_flight or 4 * self.cfg.threads)
        # gunicorn would end connections after an answer to keep some free; here room is made when it is wanted.
        self.max_keepalived = self.worker_connections
        self.scratch = memoryview(bytearray(_READ_BYTES))
        self.swept = 0.0

        def with_notes(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            environ.update(environ["gunicorn.socket"].notes)
            return application(environ, start_response)

        self.wsgi = with_notes
        super().run()

    # A client comes.

    def accept(self, listener: Any) -> None:
        if self.nr_conns >= self.worker_connections - 1:
            self.make_room()
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:
                if not self.make_room():
                    time.sleep(0.01)
            elif error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED):
                raise
            return
        sock.setblocking(False)
        self.nr_conns += 1
        connection = Connection(sock, (client, listener.getsockname()), self.cfg, self.patience, self.most_body_bytes)
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
        try:
            complete = connection.feed(data, time.monotonic())
        except RagamError as refusal:
            self.refuse(connection, refusal)
            return
        fits = self.clients.count(connection)
        if complete:
            self.clients.unwatch(connection)
            self.dispatch(connection)
        elif not fits:
            self.refuse(connection, Overloaded())
        else:
            self.watch(connection, selectors.EVENT_READ, self.read)

    # It is answered.

    def dispatch(self, connection: Connection) -> None:
        notes = connection.sock.notes
        notes[COMPLETE] = time.perf_counter()
        path = connection.request.path
        if is_liveness(path):
            self.answer_here(connection)
            return
        desk = self.probes if is_probe(path) else self.desk
        if desk.is_full:
            notes[REFUSAL] = Overloaded()
            self.answer_here(connection)
            return
        if desk is self.desk:
            notes[QUEUED] = True
        desk.take(self.handle, connection, lambda future: self.method_queue.defer(self.leave, desk, connection, future))

    def leave(self, desk: Desk, connection: Connection, future: "Future[bool]") -> None:
        desk.leave()
        self.guard(self.finish, connection, not future.cancelled() and future.exception() is None and future.result())

    def refuse(self, connection: Connection, refusal: RagamError) -> None:
        """Answers what is no whole request, and hears no more of the client."""
        self.clients.unwatch(connection)
        connection.give_up()
        self.clients.count(connection)
        connection.sock.notes[REFUSAL] = refusal
        self.answer_here(connection)

    def answer_here(self, connection: Connection) -> None:
        """In the loop's own thread, for what the application answers without waiting for anybody."""
        self.finish(connection, self.handle(connection))

    def handle(self, connection: Connection) -> bool:
        """Whether another request may follow. Raises nothing."""
        try:
            keeps = bool(self.handle_request(connection.request, connection))
            connection.sock.flush()
        except StopIteration:
            return False
        except OSError as error:
            if error.errno not in _GONE:
                self.log.exception("an answer was not sent")
            return False
        except Exception as error:
            if REFUSAL in connection.sock.notes:
                self.log.exception("a refusal was not sent")
                return False
            # Whatever gunicorn could not do, the application answers for.
            connection.sock.notes[REFUSAL] = error
            connection.request.force_close()
            return self.handle(connection)
        finally:
            connection.request.body.close()
        return keeps

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
        self.clients.unwatch(connection)
        if connection.keeps:
            self.await_request(connection)
        else:
            self.linger(connection)

    # It goes.

    def linger(self, connection: Connection) -> None:
        now = time.monotonic()
        connection.linger(now + _LINGER_PAUSE_SECONDS)
        connection.linger_end = now + _LINGER_SECONDS
        self.clients.count(connection)
        self.watch(connection, selectors.EVENT_READ, self.drain)

    def drain(self, connection: Connection) -> None:
        count = connection.socket.recv_into(self.scratch)
        connection.drained += count
        if count == 0 or connection.drained > self.most_body_bytes:
            self.drop(connection)
        else:
            connection.deadline = min(connection.linger_end, time.monotonic() + _LINGER_PAUSE_SECONDS)

    def drop(self, connection: Connection) -> None:
        if self.clients.remove(connection):
            self.nr_conns -= 1

    def murder_pending(self) -> None:
        """As gunicorn names it, which calls it in every turn of its loop: whoever's time is up goes."""
        now = time.monotonic()
        if now < self.swept + SWEEP_SECONDS:
            return
        self.swept = now
        for connection in self.clients.which(lambda connection: connection.deadline <= now):
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
