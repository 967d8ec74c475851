"""The attacks by name. Each ends by itself, within its target's seconds or so beside what it waits for."""

import contextlib
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, product

import grpc
import psutil

from benchmarks.hostile.clients import TYPE, answer, ask, connect, form, get, post, reset, together, until
from benchmarks.hostile.pictures import GRAY, RGB, RGBA, SQUARE, costly, jpeg, png, with_damaged_exif

# Of clients at once; of connections where they cost next to nothing.
CLIENTS, CONNECTIONS = 64, 2300
ROUTES = ("/prediction", "/predictions", "/explanation")
GOOD = jpeg((320, 240), "RGB")


@dataclass(frozen=True)
class Target:
    """The ports of the gateway and the model server, and the gateway's workers. `seconds`: how long an attack goes on that has no end."""

    port: int
    serving_port: int
    workers: tuple[int, ...]
    seconds: float = 6.0

    def processor_seconds(self) -> float:
        total = 0.0
        for worker in self.workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = psutil.Process(worker).cpu_times()
                total += times.user + times.system
        return total


@dataclass
class Outcome:
    """What was answered, how often; and the processor seconds of the costliest single request, where each is sent by itself."""

    answers: Counter[str] = field(default_factory=Counter)
    costliest: float = 0.0
    costliest_name: str = ""


@dataclass(frozen=True)
class Attack:
    """`right`: what may be answered. `alone`: whether its requests come one by one, and what each costs is measured."""

    run: Callable[[Target], Outcome]
    right: frozenset[str]
    alone: bool


ATTACKS: dict[str, Attack] = {}


def attack(name: str, right: str, *, alone: bool = False) -> Callable[[Callable[[Target], Outcome]], Callable[[Target], Outcome]]:
    def note(run: Callable[[Target], Outcome]) -> Callable[[Target], Outcome]:
        ATTACKS[name] = Attack(run, frozenset(right.split(", ")), alone)
        return run

    return note


def one_by_one(target: Target, requests: Iterable[tuple[str, bytes]]) -> Outcome:
    outcome = Outcome()
    for name, request in requests:
        before = target.processor_seconds()
        outcome.answers[ask(target.port, request)] += 1
        spent = target.processor_seconds() - before
        if spent > outcome.costliest:
            outcome.costliest, outcome.costliest_name = spent, name
    return outcome


def on_every_route(bodies: Iterable[tuple[str, bytes]], kind: bytes = TYPE) -> Iterator[tuple[str, bytes]]:
    """Each on each route, with its length and in chunks."""
    for name, body in bodies:
        for route, chunked in product(ROUTES, (False, True)):
            yield f"{name} {route}", post(route, body, chunked=chunked, kind=kind)


def in_turn(bodies: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """As on_every_route, but each one way only, the next one another."""
    for (name, body), (route, chunked) in zip(bodies, cycle(product(ROUTES, (False, True)))):
        yield f"{name} {route}", post(route, body, chunked=chunked)


@attack("costly pictures, one by one", "200, 413", alone=True)
def costly_pictures(target: Target) -> Outcome:
    return one_by_one(target, in_turn((name, form([data])) for name, data in costly()))


@attack("16 costly pictures in a request", "200", alone=True)
def costly_batches(target: Target) -> Outcome:
    kinds = [png(SQUARE, GRAY, 1), png(SQUARE, RGB), png((1, 1_000_000), GRAY, 1), jpeg((610, 65_500), "RGB", progressive=True)]
    return one_by_one(target, ((f"batch {number}", post("/predictions", form([data] * 16))) for number, data in enumerate(kinds)))


@attack("60 MB that are no multipart", "400, 413", alone=True)
def no_multipart(target: Target) -> Outcome:
    bodies = [("urlencoded", b"a=b&" * 15_000_000)]
    outcome = one_by_one(target, on_every_route(bodies, b"Content-Type: application/x-www-form-urlencoded\r\n"))
    more = one_by_one(target, on_every_route(bodies, b"Content-Type: application/json\r\n"))
    outcome.answers += more.answers
    outcome.costliest = max(outcome.costliest, more.costliest)
    return outcome


@attack("60 MB of headers in parts", "400", alone=True)
def headers_in_parts(target: Target) -> Outcome:
    def bodies(megabytes: int) -> Iterator[tuple[str, bytes]]:
        start = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
        for name, line, size in (("many short", b"ab:cd\r\n", 400_000), ("few", b"ab:cd\r\n", 70), ("one long", b"a" * 4000, 400_000)):
            part = start + (b"X: " if name == "one long" else b"") + line * (size // len(line))
            part += b"\r\n\r\nx\r\n" if name == "one long" else b"\r\nx\r\n"
            yield name, part * (megabytes * 1_000_000 // len(part)) + b"--x--\r\n"

    outcome = one_by_one(target, ((name, post("/predictions", body)) for name, body in bodies(60)))
    more = one_by_one(target, on_every_route(bodies(19)))
    outcome.answers += more.answers
    outcome.costliest = max(outcome.costliest, more.costliest)
    return outcome


@attack("16 maps of 40 megapixels at once", "200, 413, 503")
def maps(target: Target) -> Outcome:
    outcome = Outcome()
    for colour in (RGBA, RGB, GRAY):
        request = post("/explanation", form([png(SQUARE, colour)]))
        outcome.answers += together(16, lambda request=request: ask(target.port, request))  # type: ignore[misc]
    return outcome


@attack("32 x 16 costly pictures, sent and reset", "reset by the client")
def abandoned(target: Target) -> Outcome:
    request = post("/predictions", form([png(SQUARE, GRAY, 1)] * 16))
    socks = [connect(target.port) for _ in range(32)]
    for sock in socks:
        sock.sendall(request)
    time.sleep(0.5)
    for sock in socks:
        reset(sock)
    return Outcome(Counter({"reset by the client": len(socks)}))


@attack("64 clients with only costly pictures", "200, 413, 503")
def only_costly(target: Target) -> Outcome:
    pictures = cycle([png(SQUARE, GRAY, 1), png(SQUARE, RGB), png((1, 1_000_000), GRAY, 1), jpeg((6324, 6324), "RGB"), png(SQUARE, RGBA)])
    requests = cycle([post(route, form([next(pictures)])) for route in ROUTES * 5])
    return Outcome(until(target.seconds, CLIENTS, lambda: ask(target.port, next(requests))))


class Held:
    """So many connections that have sent `start`. One that is closed is opened anew."""

    def __init__(self, port: int, count: int, start: bytes) -> None:
        self._port, self._count, self._start = port, count, start
        self._selector = selectors.DefaultSelector()
        self.live: set[socket.socket] = set()
        self.answers: Counter[str] = Counter()

    def run(self, seconds: float, drop: bytes) -> None:
        """`drop` is sent each second."""
        end, next_drop = time.monotonic() + seconds, time.monotonic() + 1
        while time.monotonic() < end:
            for _ in range(min(50, self._count - len(self.live))):
                self._open()
            for key, events in self._selector.select(0.02):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                self._move(sock, key.data, events)
            if drop and time.monotonic() > next_drop:
                next_drop += 1
                for sock in self.live:
                    with contextlib.suppress(OSError):
                        sock.send(drop)
        self.answers["held to the end"] = len(self.live)
        for sock in self.live:
            reset(sock)
        self._selector.close()

    def _open(self) -> None:
        sock = socket.socket()
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect(("127.0.0.1", self._port))
        self._selector.register(sock, selectors.EVENT_WRITE, self._start)
        self.live.add(sock)

    def _move(self, sock: socket.socket, data: bytes, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                left = data[sock.send(data) :] if data else b""
                self._selector.modify(sock, selectors.EVENT_WRITE if left else selectors.EVENT_READ, left)
                return
            answer = sock.recv(65536)
            if answer.startswith(b"HTTP/1.1 "):
                self.answers[answer[9:12].decode()] += 1
            if answer:
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.answers["ended"] += 1
        self._selector.unregister(sock)
        sock.close()
        self.live.discard(sock)


def held(target: Target, count: int, start: bytes, drop: bytes = b"") -> Outcome:
    holders = Held(target.port, count, start)
    holders.run(target.seconds + count / 1000, drop)
    return Outcome(holders.answers)


@attack("2,300 bodies that never come", "held to the end, ended, 408")
def no_bodies(target: Target) -> Outcome:
    return held(target, CONNECTIONS, b"POST /prediction HTTP/1.1\r\nHost: a\r\n" + TYPE + b"Content-Length: 1000\r\n\r\n")


@attack("2,300 heads that never end", "held to the end, ended, 408")
def no_heads(target: Target) -> Outcome:
    return held(target, CONNECTIONS, b"POST /prediction HTTP/1.1\r\nHost: a\r\n", b"X: a\r\n")


@attack("2,300 that say nothing", "held to the end, ended")
def idle(target: Target) -> Outcome:
    return held(target, CONNECTIONS, b"")


@attack("64 that hold 2 MB each and send 5 kB/s", "held to the end, ended, 408, 503")
def slow_senders(target: Target) -> Outcome:
    head = b"POST /predictions HTTP/1.1\r\nHost: a\r\n" + TYPE + b"Content-Length: 60000000\r\n\r\n"
    return held(target, CLIENTS, head + bytes(2_000_000), bytes(5000))


@attack("64 that hold 20 MB each, and more", "held to the end, ended, 408, 503")
def large_senders(target: Target) -> Outcome:
    head = b"POST /predictions HTTP/1.1\r\nHost: a\r\n" + TYPE + b"Content-Length: 60000000\r\n\r\n"
    return held(target, CLIENTS, head + bytes(20_000_000), bytes(100_000))


@attack("chunks of 33 bytes", "400")
def tiny_chunks(target: Target) -> Outcome:
    one = b"21\r\n" + b"a" * 33 + b"\r\n"
    block = one * (65536 // len(one))
    head = b"POST /predictions HTTP/1.1\r\nHost: a\r\n" + TYPE + b"Transfer-Encoding: chunked\r\n\r\n"

    def client() -> str:
        sent = 0
        with connect(target.port) as sock:
            try:
                sock.sendall(head)
                while sent < 60_000_000:
                    sock.sendall(block)
                    sent += len(block)
            except OSError:
                pass
            return answer(sock)

    return Outcome(until(target.seconds, 16, client))


@attack("64 in a loop on /metrics", "200, 503")
def scrapes(target: Target) -> Outcome:
    local = threading.local()

    def client() -> str:
        try:
            if not hasattr(local, "sock"):
                local.sock = connect(target.port)
            local.sock.sendall(get("/metrics"))
            told = answer(local.sock)
        except OSError:
            told = "reset"
        if not told.isdigit() and hasattr(local, "sock"):
            local.sock.close()
            del local.sock
        return told

    return Outcome(until(target.seconds, CLIENTS, client))


@attack("70 half-open calls to the model server", "held to the end, ended")
def half_open_calls(target: Target) -> Outcome:
    ended = threading.Event()

    def nothing() -> Iterator[bytes]:
        ended.wait()
        yield from ()

    with grpc.insecure_channel(f"127.0.0.1:{target.serving_port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        begin = channel.stream_unary("/tensorflow.serving.PredictionService/Predict", request_serializer=bytes, response_deserializer=bytes)
        calls = [begin.future(nothing()) for _ in range(70)]
        time.sleep(target.seconds)
        held_to_the_end = sum(not call.done() for call in calls)
        for call in calls:
            call.cancel()
        ended.set()
    return Outcome(Counter({"held to the end": held_to_the_end}))


@attack("damaged EXIF, 65,000 tags", "200, 400", alone=True)
def damaged_exif(target: Target) -> Outcome:
    files = ((f"{value} bytes a tag", form([with_damaged_exif(GOOD, 65_000, value)])) for value in (5, 6, 100))
    return one_by_one(target, on_every_route(files))


@attack("64 that never read their map", "not read")
def deaf(target: Target) -> Outcome:
    picture = jpeg((1600, 1200), "RGB")
    request = post("/explanation", form([picture]))
    socks = [connect(target.port, receive_bytes=4096) for _ in range(CLIENTS)]
    for sock in socks:
        sock.sendall(request)
    time.sleep(target.seconds)
    for sock in socks:
        reset(sock)
    return Outcome(Counter({"not read": len(socks)}))


@attack("64 x 40 MB of answers asked for, none read", "not read, ended")
def deaf_to_many(target: Target) -> Outcome:
    return held_unread(target, get("/docs/swagger-ui-bundle.js") * 30)


@attack("64 with thousands of requests behind one another", "not read, ended")
def pipelined(target: Target) -> Outcome:
    """Behind a map, which takes a while: what waits is kept by the gateway, or better is not read."""
    request = b"GET /healthz HTTP/1.1\r\nHost: " + b"a" * 50 + b"\r\n\r\n"
    return held_unread(target, post("/explanation", form([png(SQUARE, GRAY)])) + request * 40_000)


def held_unread(target: Target, data: bytes) -> Outcome:
    """CLIENTS connections that send as much of `data` as they get rid of, and read nothing."""
    socks = [connect(target.port, receive_bytes=4096) for _ in range(CLIENTS)]
    left = dict.fromkeys(socks, data)
    end = time.monotonic() + target.seconds
    for sock in socks:
        sock.setblocking(False)
    while time.monotonic() < end:
        for sock in list(left):
            with contextlib.suppress(BlockingIOError):
                try:
                    left[sock] = left[sock][sock.send(left[sock][:262_144]) :]
                except (BrokenPipeError, ConnectionResetError):
                    del left[sock]
        time.sleep(0.02)
    for sock in socks:
        reset(sock)
    return Outcome(Counter({"not read": len(left), "ended": CLIENTS - len(left)}))


@attack("64 that reset in every phase", "reset by the client")
def resets(target: Target) -> Outcome:
    whole = post("/prediction", form([GOOD]))
    head = whole.index(b"\r\n\r\n") + 4
    phases = cycle([0, 20, head, head + 100, len(whole) - 1, len(whole), len(whole)])
    chunked = post("/prediction", form([GOOD]), chunked=True)

    def client() -> str:
        sent = next(phases)
        sock = connect(target.port)
        with contextlib.suppress(OSError):
            sock.sendall(whole[:sent] if sent % 2 else chunked[:sent])
            time.sleep(0.02 * (sent % 5))
        reset(sock)
        time.sleep(0.05)
        return "reset by the client"

    return Outcome(until(target.seconds, CLIENTS, client))


@attack("64 that send 25 MB where 20 are allowed", "413, 503")
def too_large(target: Target) -> Outcome:
    body = form([bytes(25_000_000)])
    requests = cycle([post("/prediction", body), post("/explanation", body, chunked=True)])
    return Outcome(until(target.seconds, CLIENTS, lambda: ask(target.port, next(requests))))
