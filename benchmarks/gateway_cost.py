"""Processor time and memory that one picture costs a gateway, by its size: what k8s/README.md and capacity.py reckon with.

    python -m benchmarks.gateway_cost [--pictures 100] [--clients 4]

Starts the embedded model server with the model of model_repository and, for each kind of picture, a gateway with one worker, and sends
the pictures from some clients. Prints the processor time of the gateway's processes per picture, all of it: parsing, decoding, resizing,
gRPC, the log; the mean time of its two stages on the clock; the worker's largest resident memory; and the bytes of a picture. Processor
time hardly depends on what else the machine does, the clock does.
"""

import argparse
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import requests
from PIL import Image

from benchmarks.gateway_worker import ROOT, accepts, answers, free_port, wait_until

KINDS = (
    (640, 480, "JPEG"),
    (1600, 1200, "JPEG"),
    (4000, 3000, "JPEG"),
    (1600, 1200, "PNG"),
    (8000, 5000, "PNG"),
)
WARM_UP = 10


@dataclass(frozen=True)
class Cost:
    """Of one picture: milliseconds of processor time, of the clock by stage; and megabytes of the worker at its largest."""

    processor: float
    decode: float
    predict: float
    megabytes: float


def picture(width: int, height: int, image_format: str) -> bytes:
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (30, 40, 3), dtype=np.uint8)).resize((width, height))
    noisy = np.asarray(coarse, np.int16) + random.integers(-6, 7, (height, width, 1), dtype=np.int16)
    buffer = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, image_format, quality=90)
    return buffer.getvalue()


def processes(master: int) -> Iterator[int]:
    yield master
    for child in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        yield from processes(int(child))


def processor_seconds(master: int) -> float:
    # In /proc/PID/stat, behind the name in brackets: the twelfth and thirteenth are clock ticks of user and of system time.
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes(master)]
    return sum(int(entry[11]) + int(entry[12]) for entry in fields) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(master: int) -> float:
    return max(int(re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[0]) for pid in processes(master)) / 1e3


def stage_milliseconds(address: str, stage: str) -> float:
    with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    total, count = (float(re.findall(rf'ragam_stage_seconds_{part}{{stage="{stage}"}} (\S+)', text)[0]) for part in ("sum", "count"))
    return total / count * 1000


def measure(data: bytes, name: str, count: int, clients: int, serving_port: int) -> Cost:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        "RAGAM_PORT": str(port),
        "RAGAM_SERVING": f"127.0.0.1:{serving_port}",
        "RAGAM_WORKERS": "1",
        "RAGAM_MAX_UPLOAD_BYTES": str(2**28),
    }
    command = [sys.executable, "-m", "gunicorn", "--config=gateway/gunicorn.conf.py"]
    gateway = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(f"{address}/readyz"))

        def post(_: int) -> None:
            requests.post(f"{address}/prediction", files={"image": (name, data)}, timeout=60).raise_for_status()

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(post, range(WARM_UP)))
            start = processor_seconds(gateway.pid)
            list(pool.map(post, range(count)))
        processor = (processor_seconds(gateway.pid) - start) / count * 1000
        return Cost(processor, stage_milliseconds(address, "decode"), stage_milliseconds(address, "predict"), peak_megabytes(gateway.pid))
    finally:
        gateway.terminate()
        gateway.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--clients", type=int, default=4)
    arguments = parser.parse_args()
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "model_server", f"--port={port}", "--model_base_path=model_repository/painting_genre"], cwd=ROOT
    )
    try:
        wait_until(lambda: accepts(port))
        print("\n| picture | file, kB | processor, ms | decode, ms | predict, ms | largest memory, MB |\n|---|---|---|---|---|---|")
        for width, height, image_format in KINDS:
            data = picture(width, height, image_format)
            cost = measure(data, f"a.{image_format.lower()}", arguments.pictures, arguments.clients, port)
            figures = (len(data) / 1000, cost.processor, cost.decode, cost.predict, cost.megabytes)
            print(f"| {width} x {height} {image_format} | " + " | ".join(f"{figure:.0f}" for figure in figures) + " |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
