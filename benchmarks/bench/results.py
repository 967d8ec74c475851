"""What was measured as plain data, as it lies in benchmarks/results/*.json: a figure that nobody measured is null."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench.comparison import Measured
from benchmarks.bench.figures import median, medians, ratio, rounded
from benchmarks.bench.grid import GRID, Cell
from benchmarks.bench.growth import Growth
from benchmarks.bench.limit import CONNECTIONS, Limit
from benchmarks.bench.load import Load
from benchmarks.bench.peers import OURS, Peer
from benchmarks.pictures import KINDS
from benchmarks.service import ROOT
from benchmarks.time_to_tensor import Figures

FOLDER = ROOT / "benchmarks" / "results"
COUNTS = ("correct", "wrong", "errors", "later")
RATIOS = ("correct_per_second", "p99_ms", "processor_ms")

Data = dict[str, Any]


def of_comparison(
    machine: Mapping[str, str], length: tuple[int, float], peers: Sequence[Peer], measured: Mapping[str, Measured], limit: Limit
) -> Data:
    """`length`: how many rounds, and the seconds of one load."""
    return {
        "machine": dict(machine),
        "rounds": length[0],
        "seconds": length[1],
        "peers": {peer.name: _peer(peer, measured[peer.name]) for peer in peers},
        "cells": [_cell(cell, measured) for cell in GRID],
        "limit": _limit(limit, measured, int(machine["cores"])),
    }


def with_preprocess(data: Data, measured: Mapping[str, Figures]) -> Data:
    """`measured` as time_to_tensor.measure gives it, of large pictures."""
    return {**data, "preprocess": {way: {"ms": one.milliseconds, "peak_mb": one.megabytes} for way, one in measured.items()}}


def of_growth(machine: Mapping[str, str], seconds: float, growth: Growth) -> Data:
    return {
        "machine": dict(machine),
        "seconds": seconds,
        "clients": {str(clients): {**loads([load]), "memory_mb": mb} for clients, (load, mb) in growth.by_clients.items()},
        "alone_ms": growth.alone_seconds * 1000,
        "recovery_seconds": growth.recovery_seconds,
        "workers": {str(workers): loads([load]) for workers, load in growth.by_workers.items()},
        "model_servers": {str(servers): loads([load]) if load else {} for servers, load in growth.by_servers.items()},
    }


def loads(rounds: Sequence[Load]) -> Data:
    """One load over its rounds: counts are summed, of everything else it is the median."""
    figures = [load.figures() for load in rounds]
    statuses: dict[str, int] = {}
    for load in rounds:
        for status, count in load.statuses().items():
            statuses[status] = statuses.get(status, 0) + count
    sums = {name: int(sum(one[name] for one in figures)) for name in COUNTS}
    return {**medians(figures), **sums, "statuses": statuses, "by_round": [one["correct_per_second"] for one in figures]}


def ratios(cell: Data) -> dict[str, dict[str, float]]:
    """For each peer of a cell: its figures as multiples of Ragam's."""
    found = cell["peers"]
    base = found.get(OURS, {})
    return {name: {figure: ratio(own[figure], base.get(figure, 0)) for figure in RATIOS} for name, own in found.items()}


def write(data: Data, name: str, folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_plain(data), indent=1, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def read(name: str, folder: Path = FOLDER) -> Data:
    """With NaN where the file has null for a figure."""
    data: Data = _figures(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    return data


def _peer(peer: Peer, measured: Measured) -> Data:
    return {
        "what": peer.what,
        "versions": peer.versions(),
        "failure": measured.failure or "",
        "start_seconds": median(measured.start_seconds),
        "memory_mb": median(measured.megabytes),
    }


def _cell(cell: Cell, measured: Mapping[str, Measured]) -> Data:
    found = {name: loads(one.loads[cell]) for name, one in measured.items() if one.loads.get(cell)}
    data: Data = {"kind": cell.kind, "label": KINDS[cell.kind].label, "connections": cell.connections, "peers": found}
    return {**data, "of_ragam": ratios(data)}


def _limit(limit: Limit, measured: Mapping[str, Measured], cores: int) -> Data:
    """With the share of it that Ragam reaches under CONNECTIONS clients."""
    kinds = {}
    eight = {cell.kind: cell for cell in GRID if cell.connections == CONNECTIONS}
    for kind, decode in limit.decode.items():
        at_most = limit.pictures_a_second(kind, cores)
        rounds = measured[OURS].loads.get(eight[kind], []) if kind in eight else []
        reached = median([load.figures()["correct_per_second"] for load in rounds])
        kinds[kind] = {
            "decode_ms": decode,
            "gateway_ms": limit.gateway[kind],
            "beyond_decode_ms": limit.beyond_decode(kind),
            "pictures_a_second": at_most,
            "reached": reached,
            "share": reached / at_most,
        }
    return {"model_ms": limit.model, "model_at": limit.model_at, "transport_ms": limit.transport, "kinds": kinds}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return rounded(value, 4) if math.isfinite(value) else None
    return value


def _figures(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _figures(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_figures(entry) for entry in value]
    return float("nan") if value is None else value
