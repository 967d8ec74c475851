"""Memory and start-up of a gateway worker, beside the same gateway as one would write it first (plain_gateway.py).

    python benchmarks/gateway_worker.py [--rounds 3] [--pictures 300]

Starts the embedded model server with the model of model_repository, then in turns each gateway with one worker of 8 threads:
seconds from the start of the process until it answers /readyz, resident memory of the worker when idle, and after the pictures
(1600 x 1200 JPEGs from 8 clients). Prints the medians over the rounds, and how many times less the gateway takes.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import requests
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
GATEWAYS = {
    "gateway": ["--config=gateway/gunicorn.conf.py"],
    "plain": ["--worker-class=gthread", "--threads=8", "--log-level=error", "--chdir=benchmarks", "plain_gateway:app"],
}
FIGURES = ("start to ready, s", "idle, MB", "after the pictures, MB")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def picture(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (30, 40, 3), dtype=np.uint8)).resize((1600, 1200))
    noisy = np.asarray(coarse, np.int16) + random.integers(-12, 13, (1200, 1600, 3), dtype=np.int16)
    buffer = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            sys.exit("A server did not become ready within two minutes.")
        time.sleep(0.01)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def worker_megabytes(master: int) -> float:
    [worker] = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(arguments: list[str], serving_port: int, pictures: list[bytes], count: int) -> list[float]:
    port = free_port()
    environ = {
        **os.environ,
        "RAGAM_PORT": str(port),
        "RAGAM_SERVING": f"127.0.0.1:{serving_port}",
        "RAGAM_WORKERS": "1",
        "RAGAM_LOG_LEVEL": "error",
    }
    start = time.monotonic()
    master = subprocess.Popen([sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", *arguments], cwd=ROOT, env=environ)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
        seconds = time.monotonic() - start
        idle = worker_megabytes(master.pid)

        def post(number: int) -> None:
            data = pictures[number % len(pictures)]
            requests.post(f"http://127.0.0.1:{port}/prediction", files={"image": ("a.jpg", data)}, timeout=60).raise_for_status()

        with ThreadPoolExecutor(8) as clients:
            list(clients.map(post, range(count)))
        return [seconds, idle, worker_megabytes(master.pid)]
    finally:
        master.terminate()
        master.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=300)
    arguments = parser.parse_args()

    pictures = [picture(seed) for seed in range(8)]
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "model_server", f"--port={port}", "--model_base_path=model_repository/painting_genre"], cwd=ROOT
    )
    try:
        wait_until(lambda: accepts(port))
        rounds: dict[str, list[list[float]]] = {name: [] for name in GATEWAYS}
        for _ in range(arguments.rounds):
            for name, options in GATEWAYS.items():
                rounds[name].append(measure(options, port, pictures, arguments.pictures))
    finally:
        server.terminate()
        server.wait()

    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in rounds.items()}
    print(f"\n| median of {arguments.rounds} rounds, {arguments.pictures} pictures | gateway | plain | times less |\n|---|---|---|---|")
    for index, figure in enumerate(FIGURES):
        ours, plain = medians["gateway"][index], medians["plain"][index]
        print(f"| {figure} | {ours:.2f} | {plain:.2f} | {plain / ours:.1f} |")


if __name__ == "__main__":
    main()
