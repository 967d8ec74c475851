"""Throughput and latency from one caller to far more than there are threads, with answers and refusals apart, and the return to rest.

    python -m benchmarks.overload [--clients 1 8 32 128 512] [--seconds 8] [--impatient] [--most N]

Starts the embedded model server with the model of model_repository and a gateway with its default settings. Each caller has one
connection and sends one 640 x 480 JPEG after the other. They come within a second, and who is refused waits for as long as Retry-After
says and up to as long again by chance, as `python -m gateway classify` does; with --impatient they ask again at once. A latency is from
the last byte sent to the whole answer. The callers share the processors with the servers: by how much their own loop is late is a part
of every latency. Last, one caller asks again and again from the moment on at which the largest crowd has stopped: "recovery" is when it
was first answered within twice its time without a crowd.
"""

import argparse
import asyncio
import random
import re
import socket
import time
from dataclasses import dataclass, field

from benchmarks.pictures import KINDS, picture
from benchmarks.service import ROOT, Service, free_port, gateway, model_server

LOGS = ROOT / "build" / "bench" / "logs"

SECONDS_BETWEEN_PROBES = 0.25
SECONDS_BETWEEN_LOOKS = 0.005
_LATENCIES = ("p50, ms", "p99, ms")
TITLES = (
    "clients",
    "answered/s",
    *_LATENCIES,
    "refused/s",
    *_LATENCIES,
    "/healthz, worst, ms",
    "callers late, p99, ms",
    "other",
    "cpu, s",
    "memory, MB",
)


@dataclass
class Outcome:
    """Seconds of each answer by its status, in the order in which they came."""

    seconds: dict[int, list[float]] = field(default_factory=dict)

    def of(self, *statuses: int) -> list[float]:
        return sorted(seconds for status in statuses for seconds in self.seconds.get(status, []))


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] * 1000 if values else float("nan")


async def ask(sock: socket.socket, request: bytes) -> tuple[int, float, float]:
    """Sends `request` and gives its answer's status, the seconds from the last byte sent, and the Retry-After in seconds."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    start = time.perf_counter()
    data = b""
    while b"\r\n\r\n" not in data:
        received = await loop.sock_recv(sock, 65536)
        if not received:
            raise ConnectionError("the gateway ended the connection")
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
    while len(body) < length:
        body += await loop.sock_recv(sock, 65536)
    again = re.findall(rb"Retry-After: (\d+)", head)
    return int(head.split()[1]), time.perf_counter() - start, float(again[0]) if again else 0


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
        outcome.seconds.setdefault(status, []).append(seconds)
        if patient and again:
            await asyncio.sleep(max(0, min(again * (1 + random.random()), end - time.perf_counter())))  # noqa: S311 - no secret
    sock.close()


async def probe(port: int, end: float, outcome: Outcome) -> None:
    sock = await connect(port)
    while time.perf_counter() < end:
        _, seconds, _ = await ask(sock, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        outcome.seconds.setdefault(200, []).append(seconds)
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
    return pictures, probes, sorted(late)


async def recovery(port: int, request: bytes, usual: float) -> float:
    """Seconds until one caller is answered as fast as usual."""
    sock = await connect(port)
    start = time.perf_counter()
    while True:
        status, seconds, _ = await ask(sock, request)
        if status == 200 and seconds < 2 * usual:
            return time.perf_counter() - start


def megabytes(service: Service) -> float:
    """The largest process's resident memory, now."""
    return max(int(process.memory_info().rss) for process in service.processes()) / 1e6


def row(service: Service, port: int, request: bytes, clients: int, seconds: float, *, patient: bool) -> tuple[str, ...]:
    """One crowd's figures, in the order of TITLES."""
    before, start = service.processor_seconds(), time.perf_counter()
    pictures, probes, late = asyncio.run(crowd(port, request, clients, seconds, patient))
    lasted = time.perf_counter() - start
    good, refused = pictures.of(200), pictures.of(503)
    others = sum(len(times) for status, times in pictures.seconds.items() if status not in (200, 503))
    return (
        f"{clients}",
        f"{len(good) / lasted:.0f}",
        *(f"{percentile(good, share):.0f}" for share in (0.5, 0.99)),
        f"{len(refused) / lasted:.0f}",
        *(f"{percentile(refused, share):.0f}" for share in (0.5, 0.99)),
        f"{percentile(probes.of(200), 1):.0f}",
        f"{percentile(late, 0.99):.0f}",
        f"{others}",
        f"{service.processor_seconds() - before:.1f}",
        f"{megabytes(service):.0f}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32, 128, 512])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--impatient", action="store_true")
    parser.add_argument("--most", type=int, default=0, help="RAGAM_MAX_IN_FLIGHT")
    arguments = parser.parse_args()
    serving_port, port = free_port(), free_port()
    body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n%s\r\n--x--\r\n' % picture(KINDS["small"])
    form = b"Content-Type: multipart/form-data; boundary=x\r\n"
    request = b"POST /prediction HTTP/1.1\r\nHost: a\r\n%sContent-Length: %d\r\n\r\n%s" % (form, len(body), body)
    command = gateway(port, f"127.0.0.1:{serving_port}", RAGAM_MAX_IN_FLIGHT=str(arguments.most))
    with (
        Service((model_server(serving_port),), LOGS / "overload_model_server.log"),
        Service((command,), LOGS / "overload.log") as service,
    ):
        asyncio.run(crowd(port, request, 8, 3, patient=True))
        usual, _, _ = asyncio.run(crowd(port, request, 1, 2, patient=True))
        print("\n| " + " | ".join(TITLES) + " |\n|" + "---|" * len(TITLES))
        for clients in arguments.clients:
            print(
                "| " + " | ".join(row(service, port, request, clients, arguments.seconds, patient=not arguments.impatient)) + " |",
                flush=True,
            )
        median = percentile(usual.of(200), 0.5) / 1000
        print(f"\nrecovery after {asyncio.run(recovery(port, request, median)):.2f} s; a picture alone takes {median * 1000:.0f} ms")


if __name__ == "__main__":
    main()
