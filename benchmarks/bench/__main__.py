"""Ragam beside what one would use instead, on this machine.

    python -m benchmarks.bench compare [--rounds 3] [--seconds 4] [--peers paper ...] [--clients 8 ...] [--kinds small ...]    make bench
    python -m benchmarks.bench growth [--seconds 4]                                                        make bench-growth
    python -m benchmarks.bench summary   the part in docs/performance.md again, from the results

The first two write JSON, Markdown and plots to benchmarks/results/ (--out); to that folder, the first writes the part in
docs/performance.md too.
Some peers take minutes to install the first time. Nothing else should run on the machine.
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks import time_to_tensor
from benchmarks.bench import grid, machine, plots, report, results, summary
from benchmarks.bench.album import Album, TooAlike, make_albums, make_pixel
from benchmarks.bench.comparison import Run, compare
from benchmarks.bench.load import NoGenerator, require_generator
from benchmarks.bench.peers import FILES, KERAS_MODEL, OURS, peers
from benchmarks.pictures import KINDS
from benchmarks.service import MODELS, ROOT, NotReady


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("compare", "growth"):
        command = commands.add_parser(name)
        command.add_argument("--seconds", type=float, default=grid.SECONDS, help="of one load")
        command.add_argument("--out", type=Path, default=results.FOLDER, metavar="FOLDER")
    commands.choices["compare"].add_argument("--rounds", type=int, default=grid.ROUNDS)
    commands.choices["compare"].add_argument("--peers", nargs="+", default=None, metavar="NAME", help="these, and Ragam (default all)")
    commands.choices["compare"].add_argument(
        "--clients", type=int, nargs="+", default=None, metavar="N", help="loads from so many (default all)"
    )
    commands.choices["compare"].add_argument(
        "--kinds", nargs="+", choices=tuple(KINDS), default=tuple(KINDS), help="of pictures (default all)"
    )
    commands.add_parser("summary")
    arguments = parser.parse_args()
    # As Ctrl-C does, so that whatever was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.command == "summary":
            summary.write(summary.part(results.read("comparison")))
            return
        require_generator()
        if arguments.command == "compare":
            run_comparison(arguments)
        else:
            run_growth(arguments.seconds, arguments.out)
    except (NoGenerator, NotReady, TooAlike) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def run_comparison(arguments: argparse.Namespace) -> None:
    from benchmarks.bench import limit

    model, out, seconds = newest(), arguments.out, arguments.seconds
    chosen = [peer for peer in peers(model) if arguments.peers is None or peer.name in (OURS, *arguments.peers)]
    loads = [
        cell for cell in grid.GRID if cell.kind in arguments.kinds and (arguments.clients is None or cell.connections in arguments.clients)
    ]
    albums = make_albums(tuple(dict.fromkeys(cell.kind for cell in loads)), model, FILES / "pictures")
    KERAS_MODEL.unlink(missing_ok=True)
    if any(peer.keras for peer in chosen):
        # Where the weights do not fit the paper's layers it says so, and the peers that need them do not start.
        subprocess.run([sys.executable, "-m", "benchmarks.bench.keras_weights", str(model), str(KERAS_MODEL)], cwd=ROOT, check=False)
    measured = compare(chosen, grid.plan(loads, arguments.rounds), Run(albums, seconds, FILES))
    at_most = limit.measure({**albums, "pixel": make_pixel(model, FILES / "pictures")}, seconds, FILES)
    data = results.of_comparison(machine.describe(), (arguments.rounds, seconds), chosen, measured, at_most)
    tensors = time_to_tensor.measure("large", arguments.rounds, ("gateway", "paper"))
    results.write(results.with_preprocess(data, tensors), "comparison", out)
    data = results.read("comparison", out)
    report.write(report.comparison(data), "comparison", out)
    plots.comparison(data, out)
    print(summary.part(data))
    if out == results.FOLDER:
        summary.write(summary.part(data))


def run_growth(seconds: float, out: Path) -> None:
    from benchmarks.bench import growth

    albums: dict[str, Album] = make_albums(("small", "medium"), newest(), FILES / "pictures")
    data = results.of_growth(machine.describe(), seconds, growth.measure(albums, seconds, FILES))
    results.write(data, "growth", out)
    data = results.read("growth", out)
    report.write(report.growth(data), "growth", out)
    plots.growth(data, out)
    print(report.growth(data))


def newest() -> Path:
    """The SavedModel that is served: the highest version."""
    return max((version for version in MODELS.iterdir() if version.name.isdigit()), key=lambda version: int(version.name))


if __name__ == "__main__":
    main()
