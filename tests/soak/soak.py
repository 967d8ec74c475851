"""Mixed load with faults, for as long as you like: every answer is held to the known one.

    python tests/soak/soak.py [--seconds 3600] [--seed 1] [--rate 4] [--report build/soak.json]

Starts the model server and the gateway on free ports of this machine, and ends them. Seed, duration and rate decide every request
and every fault. Exit status 0: nothing was wrong; 1: something was, and each thing is named.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import requests  # noqa: E402
import schedule  # noqa: E402
import verdict  # noqa: E402 the paths above come first
from faults import Faults, NotReady  # noqa: E402
from files_sent import File, bad_files, good_files, huge_files  # noqa: E402
from known_answers import Known  # noqa: E402
from samples import Watcher  # noqa: E402
from service import ROOT, Service, wait_until  # noqa: E402
from shared_inputs import tiny_models  # noqa: E402
from traffic import Outcome, Traffic  # noqa: E402

SENDERS = 24
GATEWAY = {"RAGAM_WORKERS": "2", "RAGAM_LOG_LEVEL": "warning"}
# Until connections that nobody closed are let go of, and threads that came for a burst have gone.
REST_SECONDS = 3
# Of pictures to find one of each kind that is not answered as another: a model that is sure says the same of many.
ATTEMPTS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=4, help="requests a second, on average")
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "soak.json")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ragam-soak-"))
    service = Service(folder)
    try:
        report = run(service, arguments.seconds, arguments.seed, arguments.rate)
    finally:
        for process in reversed(service.processes):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)
    arguments.report.parent.mkdir(parents=True, exist_ok=True)
    arguments.report.write_text(json.dumps(report, indent=1) + "\n")
    show = {name: value for name, value in report.items() if name != "at_rest"}
    print(json.dumps(show, indent=1))
    sys.exit(1 if report["violations"] else 0)


def run(service: Service, seconds: float, seed: int, rate: float) -> dict[str, Any]:
    trained = max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))
    second = tiny_models()["first"]  # beside the trained one
    service.publish(trained, 1)
    service.model_server = service.start_model_server()
    service.gateway = service.start_gateway(**GATEWAY)
    wait_until(service.ready, what="readiness")
    good = told_apart(service, seed)
    faults = Faults(service, second, next(file.data for file in good if file.name.endswith(".png")))
    known = learn(service, faults, good)
    traffic = Traffic(service.address, good, bad_files(good), huge_files(), known)

    def pids() -> list[tuple[str, int]]:
        return [
            ("model server", service.model_server.popen.pid),
            ("gateway master", service.gateway.popen.pid),
            *[("gateway workers", pid) for pid in service.gateway.children()],
        ]

    violations: list[str] = []
    outcomes: list[Outcome] = []
    warm_up(traffic, outcomes)
    time.sleep(REST_SECONDS)
    start = time.monotonic()
    with Watcher(pids, start, every=max(0.5, min(10, seconds / 200))) as watcher:
        before = watcher.look()
        with ThreadPoolExecutor(SENDERS) as senders, ThreadPoolExecutor(1) as fault:
            going = fault.submit(run_faults, faults, schedule.faults(seed, seconds), start)
            futures = []
            for request in schedule.requests(seed, seconds, rate):
                time.sleep(max(0, start + request.at - time.monotonic()))
                futures.append(senders.submit(traffic.send, request))
            outcomes += [future.result() for future in futures]
            try:
                going.result()
            except NotReady as error:
                violations.append(str(error))
        took = time.monotonic() - start
    # The senders' kept connections have ended with their threads.
    time.sleep(REST_SECONDS)
    after = watcher.look()
    levels = verdict.memory(watcher.samples, took)
    of_memory = verdict.of_memory(levels, took)
    violations += verdict.of_answers(outcomes, faults.windows) + verdict.of_processes(before, after) + (of_memory or [])
    violations += verdict.of_gateway(service.gateway.text(), requests.get(f"{service.address}/metrics", timeout=60).text)
    answers = Counter((outcome.kind, outcome.status) for outcome in outcomes)
    return {
        "seconds": round(took, 1),
        "seed": seed,
        "rate": rate,
        "requests": len(outcomes),
        "answers": {
            kind: {str(status): count for (k, status), count in sorted(answers.items()) if k == kind}
            for kind in sorted({k for k, _ in answers})
        },
        "excused": sum(1 for outcome in outcomes if outcome.wrong) - len(verdict.of_answers(outcomes, faults.windows)),
        "faults": [{"kind": window.kind, "at": round(window.start - start, 1), "back": window.back} for window in faults.windows],
        "memory_mb": levels,
        "memory_judged": of_memory is not None,
        "at_rest": {"before": [asdict(sample) for sample in before], "after": [asdict(sample) for sample in after]},
        "violations": violations,
    }


def learn(service: Service, faults: Faults, good: list[Any]) -> Known:
    """Asks for every picture alone, of either version, while nothing else happens."""
    known = Known()
    for version in (1, 2):
        if version == 2:
            faults.publish()
        faults.await_version(version)
        wait_until(service.ready, what="readiness")
        for file in good:
            data = service.post(file.data, file.name).json()["data"]
            explained = requests.post(
                f"{service.address}/explanation",
                files={"image": (file.name, file.data)},
                headers={"Accept": "application/json"},
                timeout=60,
            )
            if known.learn(file, data, explained.json()["data"]) != version:
                sys.exit(f"version {data['model']['version']} answered where {version} should")
    shutil.rmtree(service.models / "2")
    faults.await_version(1)
    known.require_differences()
    return known


def told_apart(service: Service, seed: int) -> list[File]:
    """Twenty pictures of which the trained version says so different things that one answer is not another's."""
    known, chosen = Known(), []
    for number in range(len(good_files(seed))):
        for attempt in range(ATTEMPTS):
            file = good_files(seed, attempt)[number]
            if known.is_new(service.post(file.data, file.name).json()["data"]):
                break
        chosen.append(file)
        known.learn(file, service.post(file.data, file.name).json()["data"], {"heatmap": []})
    return chosen


def warm_up(traffic: Traffic, outcomes: list[Outcome]) -> None:
    with ThreadPoolExecutor(SENDERS) as senders:
        outcomes += senders.map(traffic.send, [schedule.Request(0, kind, number) for number in range(6) for kind in schedule.KINDS])


def run_faults(faults: Faults, planned: list[schedule.Fault], start: float) -> None:
    for fault in planned:
        time.sleep(max(0, start + fault.at - time.monotonic()))
        faults.run(fault)


if __name__ == "__main__":
    main()
