"""Each attack on the service as `make serve` starts it, and a table of what it cost and what others got meanwhile.

    python -m benchmarks.hostile [--only WORD ...] [--list]

Less than four minutes on an idle machine. The bounds: no single request takes 2 s of a core, a worker's memory stays below 600 MB, and
another client, who sends a small picture and asks both probes, waits for no answer longer than 2 s. The exit status is 1 where one of
them is broken. Attacker, other client and service share the processors, so a busy machine adds to what others wait.
"""

import argparse
import sys
import time

from benchmarks.bench.table import table
from benchmarks.hostile.attacks import ATTACKS, Target
from benchmarks.hostile.measure import Result, attacked, settle, workers_of
from benchmarks.service import LOGS, Service, free_port, gateway, model_server

OTHERS_SECONDS = 2.0
COLUMNS = ("attack", "s", "answers", "costliest request, s of a core", "all", "after it", "worker's peak, MB", "others", "slowest, s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD", help="the attacks whose names have one of these words")
    parser.add_argument("--list", action="store_true", help="print their names")
    arguments = parser.parse_args()
    names = [name for name in ATTACKS if any(word in name for word in arguments.only)]
    if arguments.list:
        print(*names, sep="\n")
        return
    serving, port = free_port(), free_port()
    command = gateway(port, f"127.0.0.1:{serving}")
    log = LOGS / "hostile.log"
    rows, broken = [], []
    with Service((model_server(serving),), LOGS / "hostile_model_server.log"), Service((command,), log) as front:
        target = Target(port, serving, all_workers(front.pids[0]))
        for name in names:
            settle(target)
            print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
            result = attacked(target, name)
            rows.append([name, *cells(result)])
            print("   ", *cells(result), result.outcome.costliest_name, sep=" | ", file=sys.stderr, flush=True)
            broken += [f"{name}: {fault}" for fault in faults(result)]
            if target.workers != workers_of(front.pids[0]):
                target = Target(port, serving, all_workers(front.pids[0]))
    plain = [line for line in log.read_text().splitlines() if not line.startswith("{")]
    broken += [f"{len(plain)} lines of the log are no JSON, such as {plain[0]!r}"] if plain else []
    print(f"\n{table(COLUMNS, rows)}\n")
    print(*broken or ["Within all bounds."], sep="\n")
    sys.exit(1 if broken else 0)


def all_workers(gateway: int) -> tuple[int, ...]:
    """The gateway is ready with its first worker: waits for the others."""
    before: tuple[int, ...] = ()
    while (now := workers_of(gateway)) != before:
        before = now
        time.sleep(2)
    return now


def cells(result: Result) -> list[str]:
    outcome = result.outcome
    return [
        f"{result.seconds:.0f}",
        counted(outcome.answers),
        f"{outcome.costliest:.2f}" if outcome.costliest else "",
        f"{result.processor_seconds:.1f}",
        f"{result.after:.1f}",
        f"{max(result.peaks)}",
        counted(result.answers),
        f"{result.slowest:.2f}" if result.answers else "",
    ]


def counted(answers: dict[str, int]) -> str:
    return ", ".join(f"{name} x {count}" for name, count in sorted(answers.items()))


def faults(result: Result) -> list[str]:
    waited = [f"another client waited for {result.slowest:.1f} s"] if result.slowest >= OTHERS_SECONDS else []
    return [*result.faults(), *waited]


if __name__ == "__main__":
    main()
