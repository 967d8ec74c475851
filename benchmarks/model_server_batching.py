"""The embedded model server with and without batching, side by side.

    python benchmarks/model_server_batching.py [--model model_repository/painting_genre] [--rounds 5] [--seconds 4]

Starts one server of each kind. In every round each of them in turn, the other idle, answers one caller and then eight callers of one
picture a call for some seconds. Prints the medians over the rounds of calls a second and of the median and 95th percentile
milliseconds, and the servers' resident memory before the first call and at the end. The callers run on the same cores.
"""

import argparse
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
SERVERS = {
    "alone": [],
    "batched": ["--enable_batching=true", f"--batching_parameters_file={ROOT / 'model_repository' / 'batching.config'}"],
}
CALLERS = (1, 8)
START_SECONDS = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ROOT / "model_repository" / "painting_genre", help="the folder of the versions")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of one measurement")
    arguments = parser.parse_args()
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            addresses = {}
            for name, flags in SERVERS.items():
                log = Path(folder) / name
                processes[name] = start(arguments.model.resolve(), flags, log)
                addresses[name] = listening(processes[name], log)
            report(addresses, processes, arguments.rounds, arguments.seconds)
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait()


def report(addresses: dict[str, str], processes: dict[str, subprocess.Popen[bytes]], rounds: int, seconds: float) -> None:
    idle = {name: resident_mb(process.pid) for name, process in processes.items()}
    times: dict[tuple[int, str], list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        for callers in CALLERS:
            for name, address in addresses.items():
                taken = call_for(address, callers, seconds)
                centiles = statistics.quantiles(taken, n=20)
                times.setdefault((callers, name), []).append((len(taken) / seconds, 1000 * centiles[9], 1000 * centiles[18]))
    print(f"{'callers':>7}  {'server':8}{'calls/s':>9}{'p50 ms':>9}{'p95 ms':>9}    calls/s by round")
    for (callers, name), measured in times.items():
        rate, median, late = (statistics.median(figures) for figures in zip(*measured, strict=True))
        print(f"{callers:7}  {name:8}{rate:9.1f}{median:9.1f}{late:9.1f}    {' '.join(f'{figures[0]:.1f}' for figures in measured)}")
    print()
    for name, process in processes.items():
        print(f"{name:8} resident {idle[name]:.0f} MB before the first call, {resident_mb(process.pid):.0f} MB at the end")


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


def call_for(address: str, callers: int, seconds: float) -> list[float]:
    """The seconds that each call took which ended within `seconds`; the callers' first calls do not count."""
    ready = threading.Barrier(callers)
    taken: list[float] = []

    def call() -> None:
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            predict = PredictionServiceStub(channel).Predict
            message = picture()
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


def picture() -> PredictRequest:
    message = PredictRequest()
    message.model_spec.name = "painting_genre"
    tensor = message.inputs["image"]
    tensor.dtype = 1
    for size in (1, 224, 224, 3):
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = np.random.default_rng(0).uniform(-1, 1, (224, 224, 3)).astype(np.float32).tobytes()
    return message


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000


if __name__ == "__main__":
    main()
