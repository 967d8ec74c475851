"""Throughput and latency from one caller to far more than there are threads, with answers and refusals apart, and the return to rest.

    python -m benchmarks.overload [--clients 1 8 32 128 512] [--seconds 8] [--no-wait] [--max-wait SECONDS]

Starts the embedded model server with the model of model_repository and a gateway with its default settings. Each caller has one
connection at a time, for a refusal ends it, and sends one 640 x 480 JPEG after the other. They come within a second, and who is refused
waits for as long as Retry-After says and up to as long again by chance, as `ragam classify` does; with --no-wait they ask
again at once. A latency is from the last byte sent to the whole answer; /healthz is asked meanwhile; processor time and memory are those
of the gateway's processes. The callers share the processors with the servers: by how much their own loop is late is a part of every
latency. Last, one caller asks again and again from the moment on at which the last load has stopped.

This is for the gateway's admission, which goes by the expected wait for a thread: the table has its largest value, beside the
RAGAM_MAX_WAIT_SECONDS beyond which requests are refused. `python -m benchmarks.bench growth` is for the service as a whole, with a
generator that holds every answer to the known one: its callers never wait, and it has more workers and more model
servers too.
"""

import argparse
import asyncio
import random
import re
import socket
import time
import urllib.request
from dataclasses import dataclass, field

from benchmarks.bench.figures import percentile
from benchmarks.bench.recovery import alone_seconds, recovered_after
from benchmarks.bench.table import figure, table
from benchmarks.bench.upload import http_request
from benchmarks.pictures import KINDS, picture
from benchmarks.service import LOGS, Service, free_port, gateway, model_server

PATH = "/prediction"
SECONDS_BETWEEN_PROBES = 0.25
SECONDS_BETWEEN_LOOKS = 0.005
WARM_UP_CLIENTS, WARM_UP_SECONDS = 8, 3
ALONE = 20
_LATENCIES = ("p50, ms", "p99, ms")
COLUMNS = (
    "clients",
    "answered/s",
    *_LATENCIES,
    "refused/s",
    *_LATENCIES,
    "expected wait, most, ms",
    "/healthz, worst, ms",
    "callers late, p99, ms",
    "other",
    "processor, s",
    "memory, MB",
)


@dataclass
class Outcome:
    """Milliseconds of each answer by its status, in the order in which they came."""

    milliseconds: dict[int, list[float]] = field(default_factory=dict)

    def note(self, status: int, seconds: float) -> None:
        self.milliseconds.setdefault(status, []).append(seconds * 1000)

    def of(self, status: int) -> list[float]:
        return self.milliseconds.get(status, [])

    def others(self, *expected: int) -> int:
        """How many answers had none of the statuses `expected`."""
        return sum(len(times) for status, times in self.milliseconds.items() if status not in expected)


@dataclass(frozen=True)
class Answer:
    """Its seconds are those from the last byte sent; `again` is its Retry-After."""

    status: int
    seconds: float
    again: float
    is_last: bool


async def ask(sock: socket.socket, request: bytes) -> Answer:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    start = time.perf_counter()
    data = b""
    while b"\r\n\r\n" not in data:
        data += await receive(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.findall(rb"(?i)content-length: (\d+)", head)[0])
    while len(body) < length:
        body += await receive(sock)
    again = re.findall(rb"(?i)retry-after: (\d+)", head)
    is_last = b"connection: close" in head.lower()
    return Answer(int(head.split()[1]), time.perf_counter() - start, float(again[0]) if again else 0, is_last)


async def receive(sock: socket.socket) -> bytes:
    data = await asyncio.get_running_loop().sock_recv(sock, 65536)
    if not data:
        raise ConnectionError("the gateway ended the connection")
    return data


async def connect(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return sock


async def call(port: int, request: bytes, end: float, outcome: Outcome, waits: bool) -> None:
    await asyncio.sleep(random.random())  # noqa: S311 - no secret
    sock = await connect(port)
    while time.perf_counter() < end:
        answer = await ask(sock, request)
        outcome.note(answer.status, answer.seconds)
        if waits and answer.again:
            await asyncio.sleep(max(0, min(answer.again * (1 + random.random()), end - time.perf_counter())))  # noqa: S311 - no secret
        if answer.is_last:
            sock.close()
            sock = await connect(port)
    sock.close()


async def probe(port: int, end: float, outcome: Outcome) -> None:
    sock = await connect(port)
    while time.perf_counter() < end:
        answer = await ask(sock, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        outcome.note(answer.status, answer.seconds)
        await asyncio.sleep(SECONDS_BETWEEN_PROBES)
    sock.close()


def expected_wait(port: int) -> float:
    """In seconds, of the worker whose requests wait for longest."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return float(re.findall(r"(?m)^ragam_expected_wait_seconds (\S+)$", answer.read().decode())[0])


async def watch_wait(port: int, end: float, waits: list[float]) -> None:
    while time.perf_counter() < end:
        waits.append(await asyncio.to_thread(expected_wait, port))
        await asyncio.sleep(SECONDS_BETWEEN_PROBES)


async def watch_clock(end: float, late: list[float]) -> None:
    """By how many seconds the callers' own loop, which shares the processors with what it measures, wakes up late."""
    while time.perf_counter() < end:
        start = time.perf_counter()
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        late.append(time.perf_counter() - start - SECONDS_BETWEEN_LOOKS)


@dataclass
class Seen:
    """Under one load: the answers to pictures and probes; in seconds expected waits, and by how much the callers' own loop was late."""

    pictures: Outcome = field(default_factory=Outcome)
    probes: Outcome = field(default_factory=Outcome)
    waits: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


async def load(port: int, request: bytes, clients: int, seconds: float, waits: bool) -> Seen:
    end = time.perf_counter() + seconds + 1
    seen = Seen()
    callers = (call(port, request, end, seen.pictures, waits) for _ in range(clients))
    await asyncio.gather(probe(port, end, seen.probes), watch_wait(port, end, seen.waits), watch_clock(end, seen.late), *callers)
    return seen


def row(front: Service, port: int, request: bytes, *, clients: int, seconds: float, waits: bool) -> tuple[list[str], float]:
    """The figures of one load, as in COLUMNS, and when it ended, a monotonic instant; `front` is the gateway."""
    before, start = front.processor_seconds(), time.monotonic()
    seen = asyncio.run(load(port, request, clients, seconds, waits))
    ended, processor = time.monotonic(), front.processor_seconds() - before
    taken = ended - start
    answered, refused = seen.pictures.of(200), seen.pictures.of(503)
    figures = [
        value
        for times in (answered, refused)
        for value in (figure(len(times) / taken), figure(percentile(times, 50)), figure(percentile(times, 99)))
    ]
    worst = figure(percentile(seen.probes.of(200), 100))
    tardy = figure(percentile(seen.late, 99) * 1000)
    others = seen.pictures.others(200, 503) + seen.probes.others(200)
    return [
        str(clients),
        *figures,
        figure(max(seen.waits) * 1000),
        worst,
        tardy,
        str(others),
        figure(processor, 1),
        figure(front.megabytes()),
    ], ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32, 128, 512])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--no-wait", action="store_true")
    parser.add_argument("--max-wait", type=float, default=2.5, help="RAGAM_MAX_WAIT_SECONDS")
    arguments = parser.parse_args()
    serving, port = free_port(), free_port()
    kind = KINDS["small"]
    data = picture(kind)
    single = (f"http://127.0.0.1:{port}", PATH, data, kind.format)
    request = http_request(f"127.0.0.1:{port}", PATH, data, kind.format)
    command = gateway(port, f"127.0.0.1:{serving}", RAGAM_MAX_WAIT_SECONDS=str(arguments.max_wait))
    with (
        Service((model_server(serving),), LOGS / "overload_model_server.log"),
        Service((command,), LOGS / "overload.log") as front,
    ):
        asyncio.run(load(port, request, WARM_UP_CLIENTS, WARM_UP_SECONDS, waits=True))
        usual = percentile([alone_seconds(*single)[1] for _ in range(ALONE)], 50)
        rows = []
        for clients in arguments.clients:
            cells, ended = row(front, port, request, clients=clients, seconds=arguments.seconds, waits=not arguments.no_wait)
            rows.append(cells)
        recovered = recovered_after(*single, usual=usual, ended=ended)
    print(f"\n{table(COLUMNS, rows)}\n")
    print(f"A picture alone takes {usual * 1000:.0f} ms; {figure(recovered, 2)} s after the last load it takes at most twice that again.")


if __name__ == "__main__":
    main()
