"""How LiteRT computes the model fastest: pictures at a time, threads of an interpreter, interpreters at a time; and a call's other costs.

    python -m benchmarks.litert [--version model_repository/painting_genre/2] [--seconds 2]

Prints for each way the milliseconds a picture, by the clock and of processor time, and what it added to resident memory; then the
milliseconds that the server spends on a call of one picture beside the model, part by part. Nothing of gRPC's own.
"""

import argparse
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.predict_request import predict_request
from gateway.contract import CLASSES_OUTPUT, IMAGE_SHAPE, MODEL_NAME, PREDICT_SIGNATURE, SCORES_OUTPUT
from gateway.serving.messages import predict_pb2
from model_server.litert import FILE
from model_server.rows import Rows
from model_server.saved_model import read_signature_defs
from model_server.tensors import check_inputs, read_inputs, write_output

WAYS = ((1, 1, 1), (1, 2, 1), (4, 1, 1), (4, 2, 1), (8, 1, 1), (8, 2, 1), (1, 1, 2), (4, 1, 2))
CALLS = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", type=Path, default=Path("model_repository") / MODEL_NAME / "2", metavar="FOLDER")
    parser.add_argument("--seconds", type=float, default=2, help="of one measurement")
    args = parser.parse_args()
    model = args.version / FILE
    print("pictures  threads  interpreters  ms a picture   CPU ms  MB added")
    # A process for each: what one way leaves behind in memory is not the next one's.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for line in pool.map(partial(line_of, model, args.seconds), WAYS):
            print(line, flush=True)
    for part, seconds in beside_the_model(args.version).items():
        print(f"{part:28}{1000 * seconds:8.3f} ms")


def line_of(model: Path, seconds: float, way: tuple[int, int, int]) -> str:
    rows, threads, interpreters = way
    before = resident_mb()
    runs = [run_of(model, rows, threads) for _ in range(interpreters)]
    elapsed, processor, pictures = measured(runs, rows, seconds)
    figures = f"{1000 * elapsed / pictures:14.2f}{1000 * processor / pictures:9.2f}{resident_mb() - before:10.0f}"
    return f"{rows:8}{threads:9}{interpreters:14}{figures}"


def run_of(model: Path, rows: int, threads: int) -> Callable[[], object]:
    run = Interpreter(model_path=str(model), num_threads=threads).get_signature_runner(PREDICT_SIGNATURE)
    pictures = np.random.default_rng(0).uniform(-1, 1, (rows, *IMAGE_SHAPE)).astype(np.float32)
    for _ in range(3):
        run(image=pictures)
    return lambda: run(image=pictures)


def measured(runs: list[Callable[[], object]], rows: int, seconds: float) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of processor time and pictures of all `runs` at the same time."""
    done: list[int] = []
    end = time.perf_counter() + seconds

    def work(run: Callable[[], object]) -> None:
        while time.perf_counter() < end:
            run()
            done.append(rows)

    began, processor = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=work, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, time.process_time() - processor, sum(done)


def beside_the_model(version: Path) -> dict[str, float]:
    """Seconds by part of a call."""
    signature = read_signature_defs(version)[PREDICT_SIGNATURE]
    request = predict_request()
    message = request.SerializeToString()
    scores, names = np.full((1, 7), 1 / 7, np.float32), np.array([[b"Expressionism"] * 7], object)
    rows = Rows([None], None)

    def answer() -> None:
        response = predict_pb2.PredictResponse()
        write_output(response.outputs[SCORES_OUTPUT], scores)
        write_output(response.outputs[CLASSES_OUTPUT], names)
        response.SerializeToString()

    parts: dict[str, Callable[[], object]] = {
        "message to PredictRequest": lambda: predict_pb2.PredictRequest.FromString(message),
        "... to arrays": lambda: read_inputs(signature, request.inputs),
        "checks of type and shape": lambda: check_inputs(signature, request.inputs, batched=True),
        "to a worker and back": lambda: rows.compute([None], lambda _, row: row, 60),
        "arrays to message": answer,
    }
    try:
        return {name: timed(part) for name, part in parts.items()}
    finally:
        rows.close()


def timed(part: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        part()
    return (time.perf_counter() - began) / CALLS


def resident_mb() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1]) / 1000


if __name__ == "__main__":
    main()
