"""Memory and start-up of a gateway worker, beside the same gateway as one would write it first (peers/plain_gateway).

    python -m benchmarks.gateway_worker [--rounds 3] [--pictures 300] [--clients 8] [--gateways gateway plain]
    python -m benchmarks.gateway_worker --rounds 1 --pictures 1000 2000 5000 10000 --clients 32 --gateways gateway

Starts the embedded model server with the model of model_repository, then in turns each gateway with one worker of 8 threads: seconds from
the start of the process until it answers /readyz, resident memory of the worker when idle, and once it has answered so many pictures
(1600 x 1200 JPEGs). Prints the medians over the rounds, and how many times less the gateway takes.
"""

import argparse
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psutil
import requests

from benchmarks.pictures import KINDS, picture
from benchmarks.service import LOGS, Command, Service, free_port, gateway, model_server

OURS, PLAIN = "gateway", "plain"
DIFFERENT = 8


def command(name: str, port: int, serving: str) -> Command:
    if name == OURS:
        return gateway(port, serving, RAGAM_WORKERS="1", RAGAM_MAX_WAIT_SECONDS="60", RAGAM_LOG_LEVEL="error")
    options = ("--worker-class=gthread", "--threads=8", "--log-level=error", "--chdir=benchmarks/peers/plain_gateway", "app:app")
    argv = (sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", *options)
    return Command(argv, f"http://127.0.0.1:{port}/readyz", {"RAGAM_SERVING": serving})


def worker_megabytes(service: Service) -> float:
    [worker] = psutil.Process(service.pids[0]).children()
    return float(worker.memory_info().rss / 1e6)


def measure(name: str, serving: str, pictures: list[bytes], counts: list[int], clients: int) -> list[float]:
    """Seconds to start, MB when idle, MB after each of `counts` pictures."""
    port = free_port()
    with Service((command(name, port, serving),), LOGS / f"gateway_worker_{name}.log") as service:
        found = [service.seconds, worker_megabytes(service)]

        def post(number: int) -> None:
            data = pictures[number % len(pictures)]
            requests.post(f"http://127.0.0.1:{port}/prediction", files={"image": ("a.jpg", data)}, timeout=60).raise_for_status()

        with ThreadPoolExecutor(clients) as pool:
            for before, after in pairwise([0, *counts]):
                for _ in pool.map(post, range(before, after)):
                    pass
                found.append(worker_megabytes(service))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, nargs="+", default=[300], help="after how many its memory is looked at")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--gateways", nargs="+", choices=(OURS, PLAIN), default=[OURS, PLAIN])
    arguments = parser.parse_args()
    counts = sorted(arguments.pictures)
    pictures = [picture(KINDS["medium"], seed) for seed in range(DIFFERENT)]
    port = free_port()
    rounds: dict[str, list[list[float]]] = {name: [] for name in arguments.gateways}
    with Service((model_server(port),), LOGS / "gateway_worker_model_server.log"):
        for _ in range(arguments.rounds):
            for name, found in rounds.items():
                found.append(measure(name, f"127.0.0.1:{port}", pictures, counts, arguments.clients))

    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in rounds.items()}
    both = len(medians) == len((OURS, PLAIN))
    head = [f"median of {arguments.rounds} rounds, {arguments.clients} clients", *medians, *(["times less"] if both else [])]
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for index, figure in enumerate(("start to ready, s", "idle, MB", *(f"after {count:,} pictures, MB" for count in counts))):
        row = [f"{found[index]:.2f}" for found in medians.values()]
        times = [f"{medians[PLAIN][index] / medians[OURS][index]:.1f}"] if both else []
        print(f"| {' | '.join([figure, *row, *times])} |")


if __name__ == "__main__":
    main()
