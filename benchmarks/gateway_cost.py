"""Processor time and memory that one picture costs a gateway, by its size: what docs/performance.md and capacity.py reckon with.

    python -m benchmarks.gateway_cost [--pictures 100] [--clients 4]

Starts the embedded model server with the model of model_repository and, for each kind of picture, a gateway with one worker, and sends
the pictures from some clients. Prints the processor time of the gateway's processes per picture, all of it: parsing, decoding, resizing,
gRPC, the log; the mean time of its two stages on the clock; the worker's largest resident memory; and the bytes of a picture. Processor
time hardly depends on what else the machine does, the clock does.
"""

import argparse
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.pictures import KINDS, Kind, picture
from benchmarks.service import LOGS, Service, free_port, gateway, model_server, open_directly

MEASURED = (*KINDS.values(), Kind(8000, 5000, "PNG"))
WARM_UP = 10


@dataclass(frozen=True)
class Cost:
    """Of one picture: milliseconds of processor time, of the clock by stage; and megabytes of the worker at its largest."""

    processor: float
    decode: float
    predict: float
    megabytes: float


def peak_megabytes(service: Service) -> float:
    statuses = [Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8") for process in service.processes()]
    return max(int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) for status in statuses) / 1e3


def stage_milliseconds(address: str, stage: str) -> float:
    with open_directly(f"{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    total, count = (float(re.findall(rf'ragam_stage_seconds_{part}{{stage="{stage}"}} (\S+)', text)[0]) for part in ("sum", "count"))
    return total / count * 1000


def measure(data: bytes, name: str, count: int, clients: int, serving: str) -> Cost:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = gateway(port, serving, RAGAM_WORKERS="1", RAGAM_MAX_UPLOAD_BYTES=str(2**28))
    with Service((command,), LOGS / "gateway_cost.log") as service:

        def post(_: int) -> None:
            requests.post(f"{address}/prediction", files={"image": (name, data)}, timeout=60).raise_for_status()

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(post, range(WARM_UP)))
            start = service.processor_seconds()
            list(pool.map(post, range(count)))
        processor = (service.processor_seconds() - start) / count * 1000
        return Cost(processor, stage_milliseconds(address, "decode"), stage_milliseconds(address, "predict"), peak_megabytes(service))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--clients", type=int, default=4)
    arguments = parser.parse_args()
    port = free_port()
    with Service((model_server(port),), LOGS / "gateway_cost_model_server.log"):
        print("\n| picture | file, kB | processor, ms | decode, ms | predict, ms | largest memory, MB |\n|---|---|---|---|---|---|")
        for kind in MEASURED:
            data = picture(kind)
            cost = measure(data, f"a.{kind.format.lower()}", arguments.pictures, arguments.clients, f"127.0.0.1:{port}")
            figures = (len(data) / 1000, cost.processor, cost.decode, cost.predict, cost.megabytes)
            print(f"| {kind.label} | " + " | ".join(f"{figure:.0f}" for figure in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
