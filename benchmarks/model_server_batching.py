"""The embedded model server with and without batching, side by side.

    python -m benchmarks.model_server_batching [--model model_repository/painting_genre] [--rounds 5] [--seconds 4]

Starts one server of each kind. In every round each of them in turn, the other idle, answers one caller and then eight callers of one
picture a call for some seconds. Prints the medians over the rounds of calls a second and of the median and 95th percentile
milliseconds, and the servers' memory before the first call and at the end. The callers run on the same cores.
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
from benchmarks.service import BATCHING, MODELS, ROOT, Command, Service, free_port
from gateway.stubs import prediction_service_pb2_grpc

SERVERS: dict[str, tuple[str, ...]] = {"alone": (), "batched": BATCHING}
CALLERS = (1, 8)
LOGS = ROOT / "build" / "bench" / "logs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS, help="the folder of the versions")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of one measurement")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        services = {}
        for name, flags in SERVERS.items():
            address = f"127.0.0.1:{free_port()}"
            argv = (
                sys.executable,
                "-m",
                "model_server",
                f"--port={address.split(':')[1]}",
                f"--model_base_path={arguments.model.resolve()}",
            )
            services[address] = name, stack.enter_context(Service((Command((*argv, *flags), address),), LOGS / f"batching_{name}.log"))
        report(services, arguments.rounds, arguments.seconds)


def report(services: dict[str, tuple[str, Service]], rounds: int, seconds: float) -> None:
    idle = {name: service.megabytes() for name, service in services.values()}
    times: dict[tuple[int, str], list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        for callers in CALLERS:
            for address, (name, _) in services.items():
                taken = call_for(address, callers, seconds)
                centiles = statistics.quantiles(taken, n=20)
                times.setdefault((callers, name), []).append((len(taken) / seconds, 1000 * centiles[9], 1000 * centiles[18]))
    print(f"{'callers':>7}  {'server':8}{'calls/s':>9}{'p50 ms':>9}{'p95 ms':>9}    calls/s by round")
    for (callers, name), measured in times.items():
        rate, median, late = (statistics.median(figures) for figures in zip(*measured, strict=True))
        print(f"{callers:7}  {name:8}{rate:9.1f}{median:9.1f}{late:9.1f}    {' '.join(f'{figures[0]:.1f}' for figures in measured)}")
    print()
    for name, service in services.values():
        print(f"{name:8} {idle[name]:.0f} MB before the first call, {service.megabytes():.0f} MB at the end")


def call_for(address: str, callers: int, seconds: float) -> list[float]:
    """The seconds that each call took which ended within `seconds`; the callers' first calls do not count."""
    ready = threading.Barrier(callers)
    taken: list[float] = []

    def call() -> None:
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
            message = predict_request()
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
    return taken


if __name__ == "__main__":
    main()
