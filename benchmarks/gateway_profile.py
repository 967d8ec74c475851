"""Where a request's processor time goes in the gateway, by stage.

    python -m benchmarks.gateway_profile [--pictures 300] [--clients 8] [--rounds 3]

Starts the embedded model server with the model of model_repository and, for each kind of picture, a gateway with one worker which runs
profiled_gateway.py. Clients keep their connections. Prints the milliseconds of processor time of a request in each stage, medians over
the rounds; the last column is GET /healthz, the floor. gateway_cost.py has the whole of more kinds, without stopwatches.
"""

import argparse
import statistics
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import requests

from benchmarks.bench.table import table
from benchmarks.pictures import KINDS, picture
from benchmarks.service import LOGS, Command, Service, free_port, gateway, model_server

MEASURED = ("small", "medium", "large")
WARM_UP = 40
DECODING = ("header", "decode and resize")
REST = "event loop, and gRPC's threads"

# What to ask for, and the picture to send.
Request = tuple[str, bytes | None]
Milliseconds = dict[str, float]


def profiled(port: int, serving: str) -> Command:
    command = gateway(port, serving, RAGAM_WORKERS="1")
    return replace(command, argv=(*command.argv, "benchmarks.profiled_gateway:app"))


def send(address: str, request: Request, count: int) -> None:
    """`count` times over one connection, each form with a boundary of its own, as clients have it."""
    path, data = request
    with requests.Session() as session:
        for _ in range(count):
            if data is None:
                answer = session.get(address + path, timeout=60)
            else:
                answer = session.post(address + path, files={"image": ("a.jpg", data)}, timeout=60)
            answer.raise_for_status()


def load(address: str, request: Request, count: int, clients: int) -> None:
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: send(address, request, count // clients), range(clients)))


def spent(address: str) -> Milliseconds:
    seconds: dict[str, float] = requests.get(f"{address}/profile", timeout=5).json()
    return {stage: value * 1000 for stage, value in seconds.items()}


def measure(request: Request, count: int, clients: int, serving: str) -> Milliseconds:
    """Of one request, by stage."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with Service((profiled(port, serving),), LOGS / "gateway_profile.log"):
        load(address, request, WARM_UP, clients)
        before = spent(address)
        load(address, request, count, clients)
        after = spent(address)
    taken = {stage: (after[stage] - before.get(stage, 0)) / (count // clients * clients) for stage in after}
    whole = taken.pop("all")
    return {**taken, REST: whole - sum(taken.values()), "all": whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    pictures = {KINDS[name].label: picture(KINDS[name]) for name in MEASURED}
    asked: dict[str, Request] = {f"{label}, {len(data) / 1000:.0f} kB": ("/prediction", data) for label, data in pictures.items()}
    asked["/healthz"] = ("/healthz", None)
    found: dict[str, list[Milliseconds]] = {name: [] for name in asked}
    port = free_port()
    with Service((model_server(port),), LOGS / "gateway_profile_model_server.log"):
        for _ in range(arguments.rounds):
            for name, request in asked.items():
                found[name].append(measure(request, arguments.pictures, arguments.clients, f"127.0.0.1:{port}"))
    print(report({name: medians(rounds) for name, rounds in found.items()}))


def medians(rounds: list[Milliseconds]) -> Milliseconds:
    return {stage: statistics.median(figures.get(stage, 0) for figures in rounds) for stage in rounds[0]}


def report(columns: dict[str, Milliseconds]) -> str:
    stages = list(next(iter(columns.values())))
    rows = [(stage, *(f"{column.get(stage, 0):.3f}" for column in columns.values())) for stage in stages]
    beyond = (column["all"] - sum(column.get(stage, 0) for stage in DECODING) for column in columns.values())
    rows.append(("**beyond decode and resize**", *(f"**{figure:.3f}**" for figure in beyond)))
    return table(("ms of processor time", *columns), rows)


if __name__ == "__main__":
    main()
