"""ASGI, before Flask: takes a request whole or refuses it, and has Flask answer in a bounded pool of threads.

    head    checked; what no route reads a body of is answered by it alone, and who may not send is refused by it
    body    read into memory, within limits of size, time and memory
    queue   where too many wait the request is refused, from its head if that is known by then
    thread  Flask is called once, with all of the request; its answer goes out in pieces

The liveness probe is answered in the event loop; the readiness probe, the metrics and the genres have a thread each. What else takes no
pictures, as the page and its files, has threads of its own: it is never refused because pictures wait, and waits for no model server.
"""

import asyncio
import resource
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from time import perf_counter
from typing import Any

from flask import Flask

from gateway.api.upload import MULTIPART_OVERHEAD_BYTES, is_compressed, most_body_bytes
from gateway.auth.access import AccessControl
from gateway.auth.proxies import address_behind
from gateway.capacity import held_bytes
from gateway.environ import ABANDONED, ACCESS, COMPLETE, QUEUED, REFUSAL
from gateway.errors import CutShort, Overloaded, RagamError, TooSlow
from gateway.front.admission import Queue, Transfers
from gateway.front.connection import Connection
from gateway.front.connections import Connections
from gateway.front.drain import Drain
from gateway.front.head import check_head
from gateway.front.listener import BACKLOG, listener
from gateway.front.wsgi import call, environ_of
from gateway.telemetry import tracing
from gateway.telemetry.access_log import REQUEST_ID_HEADER, name_request, note_shed

PIECE_BYTES = 64 * 1024
MOST_CONNECTIONS, SPARE_DESCRIPTORS = 4000, 100
MOST_PROBES = 16
PAGE_THREADS = 4
RELISTEN_SECONDS = 0.1
NO_REQUEST = {"method": "NONE", "raw_path": b"/", "query_string": b"", "http_version": "1.1", "server": None, "scheme": "http"}

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


class Front:
    """The ASGI application over `app`. What belongs to an event loop is made by lifespan.startup, in the worker."""

    def __init__(self, app: Flask, threads: int) -> None:
        self.app, self._threads = app, threads
        self._settings = app.extensions["settings"]
        self._most_bytes = {"/predictions": most_body_bytes(self._settings)}
        self._routes = frozenset(rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))
        self._access: AccessControl | None = app.extensions.get("access")
        self._overloaded: Answer | None = None
        self._drain = Drain()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self._start(scope["state"])
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await scope["state"]["connections"].serve_rest()
            await asyncio.to_thread(tracing.stop)
            await send({"type": "lifespan.shutdown.complete"})
            return
        connection: Connection = scope["state"]["connection"]
        environ = environ_of(scope)
        is_chunked = "HTTP_TRANSFER_ENCODING" in environ
        connection.begin(None if is_chunked else int(environ.get("CONTENT_LENGTH") or 0))
        held = 0
        try:
            environ[ABANDONED] = connection.is_abandoned
            whole = can_skip = False
            try:
                check_head(scope)
                can_skip = "HTTP_EXPECT" not in environ
                body, whole = await self._body(scope, environ, receive, connection)
                connection.complete()
                held = len(body)
                environ["wsgi.input"] = BytesIO(body)
                del body
                environ[COMPLETE] = perf_counter()
                answer = await self._answer(environ)
            except Exception as refusal:  # noqa: BLE001 - the application answers for it, and logs it
                environ.setdefault(COMPLETE, perf_counter())
                answer = self._refuse(environ, refusal)
                # Who was too slow with a body is not waited for once more.
                can_skip = can_skip and not isinstance(refusal, TooSlow)
            if not connection.is_lost:
                stays = not is_chunked and (whole or can_skip) and connection.can_stay
                await self._send(send, connection, answer, last=not stays or self._drain.is_on)
        except BaseException:
            # Of an answer that has begun the client counts bytes: nothing may come behind a part of it.
            if connection.answering:
                connection.abort()
            raise
        finally:
            self._transfers.release(held)
            connection.end()

    async def _body(self, scope: dict[str, Any], environ: dict[str, Any], receive: Any, connection: Connection) -> tuple[bytes, bool]:
        """The body, and whether all of it has come.

        It is read for a form on a route that takes one, from a sender that may send, and no further than it may be long.
        """
        length, is_chunked = int(environ.get("CONTENT_LENGTH") or 0), "HTTP_TRANSFER_ENCODING" in environ
        if not length and not is_chunked:
            return b"", True
        path = "/" + scope["path"].lstrip("/")
        most = self._most_bytes.get(path, self._settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES)
        is_form = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data") and not is_compressed(environ)
        if scope["method"] != "POST" or path not in self._routes or not is_form or length > most:
            return b"", False
        # What came in one packet with the head is uvicorn's once the request has begun, which is now.
        await asyncio.sleep(0)
        if connection.left == 0:
            body: bytes = (await receive()).get("body", b"")
            if len(body) < length:
                raise CutShort
            self._transfers.hold(length)
            return body, True
        self._queue.check()
        if self._access:
            # In a thread: it may wait for Redis.
            access = environ[ACCESS] = await asyncio.to_thread(self._access.check, environ)
            if access.error:
                return b"", False
        return await self._received(environ, receive, connection, most)

    async def _received(self, environ: dict[str, Any], receive: Any, connection: Connection, most: int) -> tuple[bytes, bool]:
        """A body that comes in pieces, and whether it has no more than `most` bytes."""
        # One block that grows: thousands of pieces, of many requests among one another, would leave holes that the process keeps.
        whole, size, more = BytesIO(), 0, True
        try:
            async with self._transfers.run() as transfer:
                connection.stop_reading = lambda: transfer.stop(connection.refusal or CutShort())
                if connection.refusal or connection.is_ended:
                    # What had come by then is still there, and all of it may be.
                    asyncio.get_running_loop().call_soon(connection.stop_reading)
                while more and size <= most:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise CutShort  # noqa: TRY301 - whatever ends it here, the bytes are released
                    more = message["more_body"]
                    size += whole.write(message["body"])
                    self._transfers.hold(len(message["body"]), transfer)
                    transfer.moved(size)
        except BaseException:
            self._transfers.release(size)
            # The error's traceback holds this frame, and whoever holds the error what is in it.
            whole.close()
            raise
        finally:
            connection.stop_reading = None
        environ["CONTENT_LENGTH"] = str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        if size > most:
            # As where its head says so.
            self._transfers.release(size)
            return b"", False
        # Which is no copy.
        return whole.getvalue(), True

    async def _answer(self, environ: dict[str, Any]) -> Answer:
        # With more slashes before it an address is the same to Flask.
        path, loop = "/" + environ["PATH_INFO"].lstrip("/"), asyncio.get_running_loop()
        if path == "/healthz" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return call(self.app, environ)
        if pool := self._pools.get(path, None if path in self._routes else self._pages):
            return await pool.run(loop, self.app, environ)
        async with self._queue.thread():
            environ[QUEUED] = True
            return await loop.run_in_executor(self._pool, call, self.app, environ)

    def _refuse(self, environ: dict[str, Any], refusal: Exception) -> Answer:
        """The application's answer, which logs what is unexpected.

        The answer to Overloaded is made once and kept, for POSTs to known routes: any other address would be a series of its own in the
        metrics, and HEAD has no body.
        """
        is_common = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] in self._routes and "HTTP_ORIGIN" not in environ
        if not isinstance(refusal, Overloaded) or not is_common or self.app.extensions["traced"]:
            return call(self.app, {**environ, REFUSAL: refusal})
        if self._overloaded is None:
            status, headers, body = call(self.app, {**environ, REFUSAL: refusal})
            self._overloaded = status, [pair for pair in headers if pair[0] != REQUEST_ID_HEADER.lower().encode()], body
            return status, headers, body
        status, headers, body = self._overloaded
        request_id = name_request(environ.get("HTTP_X_REQUEST_ID", ""))
        address = address_behind(self._settings.trusted_proxies, environ["REMOTE_ADDR"], environ.get("HTTP_X_FORWARDED_FOR", ""))
        note_shed(request_id, address, environ["PATH_INFO"], perf_counter() - environ[COMPLETE])
        return status, [*headers, (REQUEST_ID_HEADER.lower().encode(), request_id.encode())], body

    async def _send(self, send: Any, connection: Connection, answer: Answer, *, last: bool) -> None:
        """`last`: the connection ends behind it."""
        status, headers, body = answer
        connection.answering = True
        if last:
            headers = [*headers, (b"connection", b"close")]
        start = {"type": "http.response.start", "status": status, "headers": headers}
        if len(body) <= PIECE_BYTES and connection.is_writable:
            await send(start)
            await send({"type": "http.response.body", "body": body})
            if last:
                connection.close()
            return
        try:
            async with self._transfers.run() as transfer:
                self._transfers.hold(len(body), transfer)
                await send(start)
                for at in range(0, max(1, len(body)), PIECE_BYTES):
                    piece = body[at : at + PIECE_BYTES]
                    await send({"type": "http.response.body", "body": piece, "more_body": at + PIECE_BYTES < len(body)})
                    transfer.moved(at)
        except RagamError:
            connection.abort()
            # uvicorn logs an answer that was not completed, unless it knows of the end.
            while not connection.is_lost:
                await asyncio.sleep(0)
        else:
            if last:
                connection.close()
        finally:
            self._transfers.release(len(body))

    def _refusal_bytes(self, refusal: RagamError, address: str) -> bytes:
        """An answer to what is no request, as it goes over the wire."""
        environ = environ_of({**NO_REQUEST, "client": (address, 0), "headers": []})
        status, headers, body = call(self.app, {**environ, REFUSAL: refusal})
        lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        phrase = HTTPStatus(status).phrase.encode()
        return b"HTTP/1.1 %d %s\r\n%sconnection: close\r\n\r\n%s" % (status, phrase, lines, body)

    def _make_pools(self) -> None:
        self._pools = {path: Pool(path, 1, MOST_PROBES) for path in ("/readyz", "/metrics")}
        # It asks the model server, as the readiness probe does, and comes with the page.
        self._pools["/genres"] = Pool("/genres", 1, MOST_CONNECTIONS)
        self._pages = Pool("page", PAGE_THREADS, MOST_CONNECTIONS)

    def _start(self, state: dict[str, Any]) -> None:
        loop, settings = asyncio.get_running_loop(), self._settings
        self._pool = ThreadPoolExecutor(self._threads, "request")
        self._make_pools()
        self._queue = Queue(self._threads, settings.max_wait_seconds)
        self._transfers = Transfers(held_bytes(settings.max_upload_bytes))
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_DESCRIPTORS
        connections = Connections(max(1, min(MOST_CONNECTIONS, descriptors)), settings.keepalive_seconds, self._refusal_bytes)
        connections.listener = listener(settings.host, settings.port)
        state["connections"] = connections

        def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            # asyncio stops accepting for a second where no descriptor is left.
            if isinstance(context.get("exception"), OSError):
                connections.no_descriptor_left()
            else:
                loop.default_exception_handler(context)

        # uvicorn has made the kernel's queue as short as its own backlog by then, see asgi.py.
        loop.call_later(RELISTEN_SECONDS, lambda: listener(settings.host, settings.port).listen(BACKLOG))
        loop.set_exception_handler(handle)
        self._drain.begin_at_signal(connections, self.app.extensions["readiness"])


class Pool:
    """Threads for `name` alone, and a bounded number of requests before them."""

    def __init__(self, name: str, threads: int, most: int) -> None:
        self._pool, self._most, self._count = ThreadPoolExecutor(threads, name), most, 0

    async def run(self, loop: asyncio.AbstractEventLoop, app: Flask, environ: dict[str, Any]) -> Answer:
        if self._count >= self._most:
            raise Overloaded
        self._count += 1
        try:
            return await loop.run_in_executor(self._pool, call, app, environ)
        finally:
            self._count -= 1
