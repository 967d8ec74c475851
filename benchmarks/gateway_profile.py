"""Where a request's processor time goes in the gateway, by stage.

    python -m benchmarks.gateway_profile [--pictures 300] [--clients 8] [--rounds 3]

Starts the embedded model server with the model of model_repository and, for each kind of picture, a gateway with one worker which runs
profiled_gateway.py. Clients keep their connections. Prints the milliseconds of processor time of a request in each stage, medians over
the rounds; the last column is GET /healthz, the floor. gateway_cost.py has the whole of more kinds, without stopwatches.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

from benchmarks.gateway_cost import picture
from benchmarks.gateway_worker import ROOT, accepts, answers, free_port, wait_until

SIZES = ((640, 480), (1600, 1200), (4000, 3000))
WARM_UP = 40
DECODING = ("header", "decode and resize")

# What to ask for, and the picture to send.
Request = tuple[str, bytes | None]
Milliseconds = dict[str, float]


def form(data: bytes, boundary: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return b"".join((head.encode(), data, f"\r\n--{boundary}--\r\n".encode()))


def send(port: int, request: Request, count: int) -> None:
    """`count` times over one connection, each form with a boundary of its own, as clients have it."""
    path, data = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        if data is None:
            connection.request("GET", path)
        else:
            boundary = uuid.uuid4().hex
            headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
            connection.request("POST", path, form(data, boundary), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {text.decode()}")
    connection.close()


def load(port: int, request: Request, count: int, clients: int) -> None:
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: send(port, request, count // clients), range(clients)))


def spent(port: int) -> Milliseconds:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/profile", timeout=5) as answer:
        seconds: dict[str, float] = json.load(answer)
    return {stage: value * 1000 for stage, value in seconds.items()}


def measure(request: Request, count: int, clients: int, serving_port: int) -> Milliseconds:
    """Of one request, by stage."""
    port = free_port()
    environ = {**os.environ, "RAGAM_PORT": str(port), "RAGAM_SERVING": f"127.0.0.1:{serving_port}", "RAGAM_WORKERS": "1"}
    command = [sys.executable, "-m", "gunicorn", "--config=gateway/gunicorn.conf.py", "benchmarks.profiled_gateway:app"]
    gateway = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
        load(port, request, WARM_UP, clients)
        before = spent(port)
        load(port, request, count, clients)
        after = spent(port)
    finally:
        gateway.terminate()
        gateway.wait()
    taken = {stage: (after[stage] - before.get(stage, 0)) / (count // clients * clients) for stage in after}
    whole = taken.pop("all")
    return {**taken, "threads of gunicorn and gRPC": whole - sum(taken.values()), "all": whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    pictures = {f"{width} x {height}": picture(width, height, "JPEG") for width, height in SIZES}
    requests: dict[str, Request] = {f"{name}, {len(data) / 1000:.0f} kB": ("/prediction", data) for name, data in pictures.items()}
    requests["/healthz"] = ("/healthz", None)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "model_server", f"--port={port}", "--model_base_path=model_repository/painting_genre"], cwd=ROOT
    )
    try:
        wait_until(lambda: accepts(port))
        found: dict[str, list[Milliseconds]] = {name: [] for name in requests}
        for _ in range(arguments.rounds):
            for name, request in requests.items():
                found[name].append(measure(request, arguments.pictures, arguments.clients, port))
    finally:
        server.terminate()
        server.wait()
    report({name: medians(rounds) for name, rounds in found.items()})


def medians(rounds: list[Milliseconds]) -> Milliseconds:
    return {stage: statistics.median(figures.get(stage, 0) for figures in rounds) for stage in rounds[0]}


def report(columns: dict[str, Milliseconds]) -> None:
    stages = list(next(iter(columns.values())))
    print(f"\n| ms of processor time | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for stage in stages:
        print(f"| {stage} | {' | '.join(f'{column.get(stage, 0):.3f}' for column in columns.values())} |")
    beyond = (column["all"] - sum(column.get(stage, 0) for stage in DECODING) for column in columns.values())
    print(f"| **beyond decode and resize** | {' | '.join(f'**{figure:.3f}**' for figure in beyond)} |")


if __name__ == "__main__":
    main()
