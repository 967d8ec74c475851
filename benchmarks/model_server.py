"""The embedded model server, with batching's limits as `make serve` runs it, and without.

    python -m benchmarks.model_server [--model model_repository/painting_genre] [--rounds 5] [--seconds 4] [--only NAME ...]

Starts one server of each kind. In every round each of them in turn, the others idle, answers one caller and then eight callers of one
picture a call, and one caller of eight pictures a call, for some seconds. Prints the medians over the rounds of pictures a second, of
the median and 95th percentile milliseconds of a call and of the server's processor time a picture, each server's time to be ready, and
its memory before the first call and at the end. The callers run on the same cores.
"""

import argparse
import statistics
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import grpc

from benchmarks.predict_request import predict_request
from benchmarks.service import BATCHING, LOGS, MODELS, Command, Service, free_port
from gateway.serving.messages import prediction_service_pb2_grpc

SERVERS: dict[str, tuple[str, ...]] = {"batching": BATCHING, "alone": ()}
CASES = ((1, 1), (8, 1), (1, 8))  # callers, pictures a call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS, help="the folder of the versions")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of one measurement")
    parser.add_argument("--only", choices=SERVERS, nargs="+", default=list(SERVERS), help="servers to measure (default: all)")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        services = {}
        for name in arguments.only:
            address = f"127.0.0.1:{free_port()}"
            server = Service((command(arguments.model.resolve(), address, *SERVERS[name]),), LOGS / f"model_server_{name}.log")
            services[address] = name, stack.enter_context(server)
            print(f"{name:10} ready after {services[address][1].seconds:.1f} s", flush=True)
        report(services, arguments.rounds, arguments.seconds)


def command(model: Path, address: str, *flags: str) -> Command:
    """A model server of the versions in the folder `model`, at `address`."""
    port = address.rpartition(":")[2]
    return Command((sys.executable, "-m", "model_server", f"--port={port}", f"--model_base_path={model}", *flags), address)


def report(services: dict[str, tuple[str, Service]], rounds: int, seconds: float) -> None:
    idle = {name: service.megabytes() for name, service in services.values()}
    times: dict[tuple[int, int, str], list[tuple[float, float, float, float]]] = {}
    for _ in range(rounds):
        for callers, rows in CASES:
            for address, (name, service) in services.items():
                spent = -service.processor_seconds()
                taken, pictures = call_for(address, callers, rows, seconds)
                spent += service.processor_seconds()
                centiles = statistics.quantiles(taken, n=20)
                figures = (rows * len(taken) / seconds, 1000 * centiles[9], 1000 * centiles[18], 1000 * spent / pictures)
                times.setdefault((callers, rows, name), []).append(figures)
    print(f"{'callers x pictures':18}  {'server':10}{'pictures/s':>11}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}    pictures/s by round")
    for (callers, rows, name), measured in times.items():
        rate, median, late, spent = (statistics.median(figures) for figures in zip(*measured, strict=True))
        by_round = " ".join(f"{figures[0]:.1f}" for figures in measured)
        print(f"{f'{callers} x {rows}':18}  {name:10}{rate:11.1f}{median:9.1f}{late:9.1f}{spent:9.1f}    {by_round}")
    print()
    for name, service in services.values():
        print(f"{name:10} {idle[name]:.0f} MB before the first call, {service.megabytes():.0f} MB at the end")


def call_for(address: str, callers: int, rows: int, seconds: float) -> tuple[list[float], int]:
    """The seconds of each call that ended within `seconds`, without the callers' first; and how many pictures were computed in all."""
    ready = threading.Barrier(callers)
    taken: list[float] = []

    def call() -> None:
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]) as channel:
            predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
            message = predict_request(rows)
            predict(message, timeout=60)
            ready.wait()
            now = time.perf_counter()
            end = now + seconds
            while True:
                predict(message, timeout=60)
                before, now = now, time.perf_counter()
                if now > end:
                    return
                taken.append(now - before)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Each caller makes a first call, and a last one that ends too late.
    return taken, rows * (len(taken) + 2 * callers)


if __name__ == "__main__":
    main()
