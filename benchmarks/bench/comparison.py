"""All peers side by side, in interleaved rounds: in each of them every peer is started, loaded and stopped, alone on the machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bench.album import Album
from benchmarks.bench.environment import NotInstalled
from benchmarks.bench.grid import WARM_UP_CONNECTIONS, WARM_UP_SECONDS, Cell
from benchmarks.bench.load import Load, Target, send
from benchmarks.bench.peers import Peer
from benchmarks.service import NotReady, Service, free_port


@dataclass(frozen=True)
class Run:
    """What all rounds share: the albums by kind, the seconds of a load, a folder for logs and requests."""

    albums: dict[str, Album]
    seconds: float
    folder: Path


@dataclass
class Measured:
    """What is known of a peer: of each cell its rounds; a round each of seconds to start and of MB after the loads; why it failed."""

    loads: dict[Cell, list[Load]] = field(default_factory=dict)
    start_seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    failure: str | None = None


def compare(peers: Sequence[Peer], rounds: Sequence[Sequence[Cell]], run: Run) -> dict[str, Measured]:
    """By peer; `rounds` has the loads of each. One that cannot be installed or started is reported as such, and the rest goes on."""
    found = {peer.name: Measured() for peer in peers}
    for peer in peers:
        try:
            peer.prepare()
        except NotInstalled as error:
            found[peer.name].failure = f"not installed: {error}"
            print(f"{peer.name}: {found[peer.name].failure}", flush=True)
    for number, loads in enumerate(rounds):
        for peer in in_turn(peers, number):
            measured = found[peer.name]
            if measured.failure is None:
                try:
                    one_round(peer, loads, run, measured)
                except NotReady as error:
                    measured.failure = f"not started: {error}"
                    print(f"{peer.name}: {measured.failure}", flush=True)
    return found


def in_turn(peers: Sequence[Peer], number: int) -> list[Peer]:
    """Another one begins each round, so that none always has the machine as the same other left it."""
    start = number % len(peers)
    return [*peers[start:], *peers[:start]]


def one_round(peer: Peer, loads: Sequence[Cell], run: Run, measured: Measured) -> None:
    """Adds to `measured`. Raises NotReady."""
    port = free_port()
    with Service(peer.commands(port), run.folder / "logs" / f"{peer.name}.log") as service:
        measured.start_seconds.append(service.seconds)
        target = Target(service, f"http://127.0.0.1:{port}", run.folder / "requests")
        send(target, run.albums[loads[0].kind], WARM_UP_CONNECTIONS, WARM_UP_SECONDS)
        for cell in loads:
            service.settle()
            load = send(target, run.albums[cell.kind], cell.connections, run.seconds)
            measured.loads.setdefault(cell, []).append(load)
            print(f"{peer.name:14}{cell.kind:7}{cell.connections:4} clients {load.line()}", flush=True)
        measured.megabytes.append(service.megabytes())
