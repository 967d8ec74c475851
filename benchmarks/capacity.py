"""How many gateways and model servers a load needs, what they cost, and how long a picture then takes.

    python -m benchmarks.capacity [--loads 10 1000 100000] [--NAME FIGURE ...] [--seconds 30]

Prints its inputs with their sources, each of which is an option; the pods that the closed form below asks for; and what
capacity_simulation.py, which knows of queues and batches, makes of the same pods, and of pods with less headroom. Figures marked
ASSUMPTION were measured nowhere in this project: put your own in their place.
"""

import argparse
import math
from dataclasses import dataclass, field, fields
from typing import Any

from benchmarks.capacity_simulation import Cell, simulate
from gateway.contract import IMAGE_BYTES

BITS = 8
GATEWAYS = 40
HEADROOMS = (0.5, 0.6, 0.7, 0.8, 0.9)
COLUMNS = {
    "gateways": ("gateways", 0),
    "serving pods": ("servings", 0),
    "uploads, Gbit/s": ("upload_gbit", 2),
    "tensors, Gbit/s": ("tensor_gbit", 2),
    "connections": ("connections", 0),
    "new ones/s": ("handshakes", 1),
    "DNS queries/s": ("dns_queries", 1),
    "$/h": ("price_an_hour", 2),
    "$/million": ("price_a_million", 2),
}


def _input(default: float, source: str) -> Any:
    return field(default=default, metadata={"source": source})


@dataclass(frozen=True)
class Inputs:
    """What the model reckons with. Milliseconds, kilobytes of 1000, pictures a second, US dollars an hour."""

    gateway_ms: float = _input(21, "processor time of a 1600 x 1200 JPEG: benchmarks/gateway_cost.py")
    upload_kb: float = _input(478, "its file: benchmarks/gateway_cost.py")
    gateway_cores: int = _input(2, "k8s/base/gateway.yaml, a worker each")
    gateway_threads: int = _input(16, "RAGAM_WORKERS in k8s/base/gateway.env, times THREADS in gateway/capacity.py")
    serving_rate: float = _input(2000, "ASSUMPTION for one GPU, in full batches; no GPU was at hand. 117 to 146 for TF Serving on 2 cores")
    batch_ms: float = _input(2, "ASSUMPTION: what a batch costs before its first picture")
    serving_gbit: float = _input(10, "ASSUMPTION: the network of a serving pod's node")
    headroom: float = _input(0.7, "the share of a resource that is used; k8s/base/gateway-scaling.yaml")
    spare: int = _input(1, "pods that may be missing: PodDisruptionBudgets and rollouts take one")
    core_price: float = _input(0.04, "ASSUMPTION: a core and its memory for an hour")
    serving_price: float = _input(0.70, "ASSUMPTION: a GPU with its cores for an hour")
    connection_seconds: float = _input(30, "grpc.max_connection_age_ms in k8s/base/serving.yaml")


@dataclass(frozen=True)
class Plan:
    """The pods for `load` pictures a second, and what follows from their number. Gigabits and counts a second, US dollars."""

    load: float
    gateways: int
    servings: int
    bound_by: str
    upload_gbit: float
    tensor_gbit: float
    connections: int
    handshakes: float
    dns_queries: float
    price_an_hour: float

    @property
    def price_a_million(self) -> float:
        return self.price_an_hour / (self.load * 3600) * 1e6


def gateway_rate(inputs: Inputs) -> float:
    """Pictures a second of one gateway that has nothing to spare."""
    return inputs.gateway_cores / (inputs.gateway_ms / 1000)


def serving_rate(inputs: Inputs) -> tuple[float, str]:
    """Pictures a second of one serving pod that has nothing to spare, and what bounds them: its computing or its network."""
    network = inputs.serving_gbit * 1e9 / BITS / IMAGE_BYTES
    return (network, "network") if network < inputs.serving_rate else (inputs.serving_rate, "computing")


def gateways_for_a_serving_pod(inputs: Inputs) -> float:
    """Where both are equally busy."""
    return serving_rate(inputs)[0] / gateway_rate(inputs)


def pods(load: float, rate: float, inputs: Inputs) -> int:
    """Enough for `load` with the headroom, while `spare` of them are missing. A load that fits one pod still gets a second."""
    return math.ceil(load / (rate * inputs.headroom)) + inputs.spare


def plan(load: float, inputs: Inputs) -> Plan:
    """Raises ValueError for inputs that describe no service."""
    wrong = [entry.name for entry in fields(inputs) if entry.name != "spare" and getattr(inputs, entry.name) <= 0]
    if load <= 0 or wrong or inputs.spare < 0 or inputs.headroom > 1:
        raise ValueError(f"load {load:g}, {', '.join(wrong) or 'spare or headroom'}: must be above 0, and the headroom at most 1")
    rate, bound_by = serving_rate(inputs)
    gateways, servings = pods(load, gateway_rate(inputs), inputs), pods(load, rate, inputs)
    channels = gateways * inputs.gateway_cores
    return Plan(
        load=load,
        gateways=gateways,
        servings=servings,
        bound_by=bound_by,
        upload_gbit=load * inputs.upload_kb * 1000 * BITS / 1e9,
        tensor_gbit=load * IMAGE_BYTES * BITS / 1e9,
        connections=channels * servings,
        handshakes=channels * servings / inputs.connection_seconds,
        # Each worker resolves at a connection's end, at most once a second (CHANNEL_OPTIONS in gateway/serving/client.py).
        dns_queries=channels * min(servings / inputs.connection_seconds, 1),
        price_an_hour=gateways * inputs.gateway_cores * inputs.core_price + servings * inputs.serving_price,
    )


def cell(load: float, gateways: int, servings: int, inputs: Inputs) -> Cell:
    """The same pods as queues."""
    return Cell(
        load=load,
        gateways=gateways,
        servings=servings,
        cores=inputs.gateway_cores,
        threads=inputs.gateway_threads,
        gateway_seconds=inputs.gateway_ms / 1000,
        serving_rate=serving_rate(inputs)[0],
        batch_seconds=inputs.batch_ms / 1000,
    )


def part_of(whole: Plan, inputs: Inputs) -> Cell:
    """About GATEWAYS of a plan's gateways with their share of the rest, for a thousand of them tell no more and take long."""
    share = max(1, whole.gateways // GATEWAYS)
    return cell(whole.load / share, round(whole.gateways / share), max(1, round(whole.servings / share)), inputs)


def both_at(headroom: float, inputs: Inputs) -> Cell:
    """Gateways and serving pods in the ratio at which both are equally busy, at `headroom` of what they can do."""
    servings = max(2, math.ceil(10 / gateways_for_a_serving_pod(inputs)))
    gateways = max(1, round(servings * gateways_for_a_serving_pod(inputs)))
    return cell(gateways * gateway_rate(inputs) * headroom, gateways, servings, inputs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=float, nargs="+", default=[10, 1000, 100_000], help="pictures a second")
    parser.add_argument("--seconds", type=float, default=30, help="simulated for each line")
    for entry in fields(Inputs):
        option = f"--{entry.name.replace('_', '-')}"
        parser.add_argument(option, type=type(entry.default), default=entry.default, help=entry.metadata["source"])
    arguments = vars(parser.parse_args())
    loads, seconds = arguments.pop("loads"), arguments.pop("seconds")
    inputs = Inputs(**arguments)

    print(row("input", "figure", "source"), rule(3), sep="\n")
    for entry in fields(inputs):
        source = entry.metadata["source"] if getattr(inputs, entry.name) == entry.default else "the command line"
        print(row(entry.name, f"{getattr(inputs, entry.name):g}", source))

    ratio = gateways_for_a_serving_pod(inputs)
    rate, bound_by = serving_rate(inputs)
    print(
        f"\nA serving pod answers {rate:,.0f} pictures a second, bound by its {bound_by}. A gateway prepares {gateway_rate(inputs):,.0f},"
    )
    print(f"so that takes {ratio:.1f} gateways, {ratio * inputs.gateway_cores:.0f} cores.\n")

    plans = [plan(load, inputs) for load in loads]
    print(row("pictures/s", *COLUMNS), rule(1 + len(COLUMNS)), sep="\n")
    for found in plans:
        print(row(f"{found.load:,.0f}", *(f"{getattr(found, name):,.{digits}f}" for name, digits in COLUMNS.values())))

    print(f"\nSimulated, {seconds:g} s each, with all pods there:\n")
    print(row("case", "gateways busy", "serving busy", "p50, ms", "p99, ms", "mean batch"), rule(6), sep="\n")
    for found in plans:
        report(f"{found.load:,.0f} pictures/s", part_of(found, inputs), seconds)
    for headroom in HEADROOMS:
        report(f"both at {headroom:.0%}", both_at(headroom, inputs), seconds)


def report(name: str, case: Cell, seconds: float) -> None:
    found = simulate(case, seconds)
    shares = (f"{share:.2f}" for share in (found.gateways_busy, found.serving_busy))
    print(row(name, *shares, *(f"{found.percentile(share):.0f}" for share in (50, 99)), f"{found.mean_batch:.1f}"), flush=True)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def rule(columns: int) -> str:
    return "|" + "---|" * columns


if __name__ == "__main__":
    main()
