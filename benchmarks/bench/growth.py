"""Ragam alone under more and more clients, with more workers, before more model servers; and how it comes back from the most.

Every answer is held to the known one, and who is refused asks again at once. What clients that wait as they are told meet, and how
soon the gateway meanwhile says that it lives, is overload.py's to show.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bench.album import Album
from benchmarks.bench.grid import WARM_UP_CONNECTIONS
from benchmarks.bench.load import PATH, Load, Target, send
from benchmarks.bench.peers import FILES
from benchmarks.bench.recovery import alone_seconds, recovered_after
from benchmarks.bench.two_servers import ADDRESSES, NAME, in_namespace, is_possible
from benchmarks.service import Command, Service, free_port, gateway, model_server

CLIENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
# Times as long as the other loads: an answer that takes longer than its load lasts would not be seen.
LONGER = {128: 2, 256: 3, 512: 4}
WORKERS = (1, 2, 4)
SERVERS = (1, 2)
CONNECTIONS = 32
ALONE = 20


@dataclass
class Growth:
    """`by_clients` with the MB of all processes after each load; `by_workers` and `by_servers` from CONNECTIONS clients.

    recovery_seconds: from the end of the largest load until single pictures take what they took before, and what that is.
    `by_servers` of two is None where no name can be given two addresses.
    """

    by_clients: dict[int, tuple[Load, float]] = field(default_factory=dict)
    recovery_seconds: float = float("nan")
    alone_seconds: float = float("nan")
    by_workers: dict[int, Load] = field(default_factory=dict)
    by_servers: dict[int, Load | None] = field(default_factory=dict)


def measure(albums: Mapping[str, Album], seconds: float, folder: Path) -> Growth:
    """Small pictures by clients, medium ones else. Raises NotReady."""
    found = Growth()
    _by_clients(found, albums["small"], seconds, folder)
    for workers in WORKERS:
        found.by_workers[workers] = _load_of(albums["medium"], seconds, folder, servers=1, RAGAM_WORKERS=str(workers))
        print(f"{workers} workers: {found.by_workers[workers].line()}", flush=True)
    for servers in SERVERS:
        if servers > 1 and not is_possible(folder):
            found.by_servers[servers] = None
            print(f"{servers} model servers: NOT MEASURED, a name cannot be given two addresses here", flush=True)
            continue
        load = found.by_servers[servers] = _load_of(albums["medium"], seconds, folder, servers=servers)
        print(f"{servers} model servers: {load.line()}", flush=True)
    return found


def _by_clients(found: Growth, album: Album, seconds: float, folder: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    single = (address, PATH, album.entries[0].picture, album.kind.format)
    with Service(_commands(port, 1), folder / "logs" / "growth.log") as service:
        target = Target(service, address, folder / "requests")
        send(target, album, WARM_UP_CONNECTIONS, seconds / 2)
        service.settle()
        found.alone_seconds = sorted(alone_seconds(*single)[1] for _ in range(ALONE))[ALONE // 2]
        for clients in CLIENTS:
            service.settle()
            load = send(target, album, clients, seconds * LONGER.get(clients, 1))
            ended = time.monotonic()
            if clients == CLIENTS[-1]:
                found.recovery_seconds = recovered_after(*single, usual=found.alone_seconds, ended=ended)
            found.by_clients[clients] = load, service.megabytes()
            print(f"{clients} clients: {load.line()}", flush=True)


def _load_of(album: Album, seconds: float, folder: Path, servers: int, **settings: str) -> Load:
    port = free_port()
    with Service(_commands(port, servers, **settings), folder / "logs" / "growth.log") as service:
        target = Target(service, f"http://127.0.0.1:{port}", folder / "requests")
        send(target, album, WARM_UP_CONNECTIONS, seconds / 2)
        service.settle()
        return send(target, album, CONNECTIONS, seconds)


def _commands(port: int, servers: int, **settings: str) -> tuple[Command, ...]:
    serving = free_port()
    if servers == 1:
        return model_server(serving), gateway(port, f"127.0.0.1:{serving}", **settings)
    behind = (model_server(serving, host) for host in ADDRESSES)
    return *behind, in_namespace(gateway(port, f"{NAME}:{serving}", **settings), FILES)
