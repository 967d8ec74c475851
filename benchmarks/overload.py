"""Throughput and latency from one caller to far more than there are threads, with answers and refusals apart, and the return to rest.

    python -m benchmarks.overload [--clients 1 8 32 128 512] [--seconds 8] [--impatient] [--most N]

Starts the embedded model server with the model of model_repository and a gateway with its default settings. Each caller has one
connection and sends one 640 x 480 JPEG after the other. They come within a second, and who is refused waits for as long as Retry-After
says and up to as long again by chance, as `python -m gateway classify` does; with --impatient they ask again at once. A latency is from
the last byte sent to the whole answer; /healthz is asked meanwhile; processor time and memory are those of the gateway's processes. The
callers share the processors with the servers: by how much their own loop is late is a part of every latency. Last, one caller asks again
and again from the moment on at which the last crowd has stopped.

This is for the gateway's door: what well-behaved callers meet, and the probe beside them. `python -m benchmarks.bench growth` is for the
service as a whole, with a generator that holds every answer to the known one: its callers are impatient and never wait, and it has more
workers and more model servers too.
"""

import argparse
import asyncio
import random
import re
import socket
import time
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


async def ask(sock: socket.socket, request: bytes) -> tuple[int, float, float]:
    """Sends `request` and gives its answer's status, the seconds from the last byte sent, and the Retry-After in seconds."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    start = time.perf_counter()
    data = b""
    while b"\r\n\r\n" not in data:
        data += await receive(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
    while len(body) < length:
        body += await receive(sock)
    again = re.findall(rb"Retry-After: (\d+)", head)
    return int(head.split()[1]), time.perf_counter() - start, float(again[0]) if again else 0


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


async def call(port: int, request: bytes, end: float, outcome: Outcome, patient: bool) -> None:
    await asyncio.sleep(random.random())  # noqa: S311 - no secret
    sock = await connect(port)
    while time.perf_counter() < end:
        status, seconds, again = await ask(sock, request)
        outcome.note(status, seconds)
        if patient and again:
            await asyncio.sleep(max(0, min(again * (1 + random.random()), end - time.perf_counter())))  # noqa: S311 - no secret
    sock.close()


async def probe(port: int, end: float, outcome: Outcome) -> None:
    sock = await connect(port)
    while time.perf_counter() < end:
        status, seconds, _ = await ask(sock, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        outcome.note(status, seconds)
        await asyncio.sleep(SECONDS_BETWEEN_PROBES)
    sock.close()


async def watch_clock(end: float, late: list[float]) -> None:
    """By how many seconds the callers' own loop, which shares the processors with what it measures, wakes up late."""
    while time.perf_counter() < end:
        start = time.perf_counter()
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        late.append(time.perf_counter() - start - SECONDS_BETWEEN_LOOKS)


async def crowd(port: int, request: bytes, clients: int, seconds: float, patient: bool) -> tuple[Outcome, Outcome, list[float]]:
    end = time.perf_counter() + seconds + 1
    pictures, probes, late = Outcome(), Outcome(), list[float]()
    callers = (call(port, request, end, pictures, patient) for _ in range(clients))
    await asyncio.gather(probe(port, end, probes), watch_clock(end, late), *callers)
    return pictures, probes, late


def row(front: Service, port: int, request: bytes, *, clients: int, seconds: float, patient: bool) -> tuple[list[str], float]:
    """The figures of one crowd, as in COLUMNS, and when it ended, a monotonic instant; `front` is the gateway."""
    before, start = front.processor_seconds(), time.monotonic()
    pictures, probes, late = asyncio.run(crowd(port, request, clients, seconds, patient))
    ended, processor = time.monotonic(), front.processor_seconds() - before
    taken = ended - start
    answered, refused = pictures.of(200), pictures.of(503)
    figures = [
        value
        for times in (answered, refused)
        for value in (figure(len(times) / taken), figure(percentile(times, 50)), figure(percentile(times, 99)))
    ]
    worst = figure(percentile(probes.of(200), 100))
    tardy = figure(percentile(late, 99))
    others = pictures.others(200, 503) + probes.others(200)
    return [str(clients), *figures, worst, tardy, str(others), figure(processor, 1), figure(front.megabytes())], ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32, 128, 512])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--impatient", action="store_true")
    parser.add_argument("--most", type=int, default=0, help="RAGAM_MAX_IN_FLIGHT")
    arguments = parser.parse_args()
    serving, port = free_port(), free_port()
    kind = KINDS["small"]
    data = picture(kind)
    single = (f"http://127.0.0.1:{port}", PATH, data, kind.format)
    request = http_request(f"127.0.0.1:{port}", PATH, data, kind.format)
    command = gateway(port, f"127.0.0.1:{serving}", RAGAM_MAX_IN_FLIGHT=str(arguments.most))
    with (
        Service((model_server(serving),), LOGS / "overload_model_server.log"),
        Service((command,), LOGS / "overload.log") as front,
    ):
        asyncio.run(crowd(port, request, WARM_UP_CLIENTS, WARM_UP_SECONDS, patient=True))
        usual = percentile([alone_seconds(*single)[1] for _ in range(ALONE)], 50)
        rows = []
        for clients in arguments.clients:
            cells, ended = row(front, port, request, clients=clients, seconds=arguments.seconds, patient=not arguments.impatient)
            rows.append(cells)
        recovered = recovered_after(*single, usual=usual, ended=ended)
    print(f"\n{table(COLUMNS, rows)}\n")
    print(f"A picture alone takes {usual * 1000:.0f} ms; {figure(recovered, 2)} s after the last crowd it takes at most twice that again.")


if __name__ == "__main__":
    main()
