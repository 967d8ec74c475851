"""The embedded model server's backends side by side: TensorFlow, TensorFlow with batching, LiteRT.

    python benchmarks/model_server.py [--model model_repository/painting_genre] [--rounds 5] [--seconds 4] [--only NAME ...]

Starts one server of each kind. In every round each of them in turn, the others idle, answers one caller and then eight callers of one
picture a call, and one caller of eight pictures a call, for some seconds. Prints the medians over the rounds of pictures a second, of
the median and 95th percentile milliseconds of a call and of the server's processor time a picture, each server's time to be ready, and
its resident memory before the first call and at the end. The callers run on the same cores.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import grpc
import numpy as np
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

ROOT = Path(__file__).resolve().parents[1]
BATCHING = ["--enable_batching=true", f"--batching_parameters_file={ROOT / 'model_repository' / 'batching.config'}"]
SERVERS = {"tensorflow": [], "batched": BATCHING, "litert": ["--prefer_tflite_model=true", *BATCHING]}
CASES = ((1, 1), (8, 1), (1, 8))  # callers, pictures a call
START_SECONDS = 120
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ROOT / "model_repository" / "painting_genre", help="the folder of the versions")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of one measurement")
    parser.add_argument("--only", choices=SERVERS, nargs="+", default=list(SERVERS), help="servers to measure (default: all)")
    arguments = parser.parse_args()
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            addresses = {}
            for name in arguments.only:
                log = Path(folder) / name
                began = time.monotonic()
                processes[name] = start(arguments.model.resolve(), SERVERS[name], log)
                addresses[name] = listening(processes[name], log)
                print(f"{name:10} ready after {time.monotonic() - began:.1f} s")
            report(addresses, processes, arguments.rounds, arguments.seconds)
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait()


def report(addresses: dict[str, str], processes: dict[str, subprocess.Popen[bytes]], rounds: int, seconds: float) -> None:
    idle = {name: resident_mb(process.pid) for name, process in processes.items()}
    times: dict[tuple[int, int, str], list[tuple[float, float, float, float]]] = {}
    for _ in range(rounds):
        for callers, rows in CASES:
            for name, address in addresses.items():
                spent = -processor_seconds(processes[name].pid)
                taken, pictures = call_for(address, callers, rows, seconds)
                spent += processor_seconds(processes[name].pid)
                centiles = statistics.quantiles(taken, n=20)
                figures = (rows * len(taken) / seconds, 1000 * centiles[9], 1000 * centiles[18], 1000 * spent / pictures)
                times.setdefault((callers, rows, name), []).append(figures)
    print(f"{'callers x pictures':18}  {'server':10}{'pictures/s':>11}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}    pictures/s by round")
    for (callers, rows, name), measured in times.items():
        rate, median, late, spent = (statistics.median(figures) for figures in zip(*measured, strict=True))
        by_round = " ".join(f"{figures[0]:.1f}" for figures in measured)
        print(f"{f'{callers} x {rows}':18}  {name:10}{rate:11.1f}{median:9.1f}{late:9.1f}{spent:9.1f}    {by_round}")
    print()
    for name, process in processes.items():
        print(f"{name:10} resident {idle[name]:.0f} MB before the first call, {resident_mb(process.pid):.0f} MB at the end")


def start(base_path: Path, flags: list[str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "model_server", "--port=0", f"--model_base_path={base_path}", *flags]
    with log.open("wb") as file:
        return subprocess.Popen(command, cwd=ROOT, stderr=file)


def listening(process: subprocess.Popen[bytes], log: Path) -> str:
    """The server's address once it serves."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        text = log.read_text(encoding="utf-8")
        if " serving " in text and (found := re.search(r"listening on (\S+)", text)):
            return found[1]
        time.sleep(0.05)
    sys.exit(f"The model server did not start:\n{log.read_text(encoding='utf-8')}")


def call_for(address: str, callers: int, rows: int, seconds: float) -> tuple[list[float], int]:
    """The seconds of each call that ended within `seconds`, without the callers' first; and how many pictures were computed in all."""
    ready = threading.Barrier(callers)
    taken: list[float] = []

    def call() -> None:
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            predict = PredictionServiceStub(channel).Predict
            message = pictures(rows)
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


def pictures(rows: int) -> PredictRequest:
    message = PredictRequest()
    message.model_spec.name = "painting_genre"
    tensor = message.inputs["image"]
    tensor.dtype = 1
    shape = (rows, 224, 224, 3)
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32).tobytes()
    return message


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
