"""What the metrics of one picture cost a gateway worker, and what an answer to Prometheus costs.

    python -m benchmarks.metrics_cost [--rounds 20000]

Does what a POST to /prediction does to the metrics, in the files that several workers share, and nothing else; then four
workers' files are read together, as for a scrape.
"""

import argparse
import os
import statistics
import tempfile
import time

from gateway.picture.statistics import EDGES

REPEATS = 5
EXPOSITIONS = 20
WORKERS = 4


def picture(number: int) -> None:
    from gateway.telemetry import metrics

    fields: dict[str, float] = {}
    metrics.IN_FLIGHT.inc()
    metrics.UPLOAD_BYTES.observe(500_000)
    metrics.STAGE_SECONDS.labels("queue").observe(0.001)
    with metrics.stage("decode_wait", fields):
        pass
    with metrics.stage("decode", fields):
        metrics.UPLOAD_PIXELS.observe(1_920_000)
    with metrics.stage("predict", fields):
        metrics.SERVING_CALLS.labels("Predict", "OK").inc()
        metrics.latest_version.note(2)
        metrics.note_label("", 2, 1, 0.02)
    metrics.note_statistics(2, dict.fromkeys(EDGES, number % 100 / 100))
    metrics.note_answer(f"Genre {number % 7}", 2, number % 100 / 100)
    metrics.REQUESTS.labels("/prediction", "POST", 200).inc()
    metrics.REQUEST_SECONDS.labels("/prediction").observe(0.05)
    metrics.IN_FLIGHT.dec()


def microseconds(rounds: int) -> float:
    start = time.perf_counter()
    for number in range(rounds):
        picture(number)
    return (time.perf_counter() - start) / rounds * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # prometheus_client reads this when it is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        from gateway.telemetry import metrics

        print(f"metrics of a picture: {statistics.median(microseconds(arguments.rounds) for _ in range(REPEATS)):.1f} us")
        for _ in range(WORKERS - 1):
            if pid := os.fork():
                os.waitpid(pid, 0)
            else:
                microseconds(100)
                os._exit(0)
        times = []
        for _ in range(EXPOSITIONS):
            start = time.perf_counter()
            body, _ = metrics.exposition()
            times.append(time.perf_counter() - start)
        print(f"an answer to Prometheus, {WORKERS} workers, {len(body):,} bytes: {statistics.median(times) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
