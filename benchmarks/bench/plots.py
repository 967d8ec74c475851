"""The results as pictures, beside the tables."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from benchmarks.bench.peers import OURS
from benchmarks.bench.results import FOLDER, Data

OURS_COLOUR, OTHERS_COLOUR = "#a8402c", "#8a8f98"


def comparison(data: Data, folder: Path = FOLDER) -> None:
    """throughput.png: correct answers a second under 8 clients. latency.png: the 99th percentile by clients."""
    eight = [cell for cell in data["cells"] if cell["connections"] == 8 and cell["peers"]]
    if eight:
        _throughput(eight, folder / "throughput.png")
    kinds = [kind for kind in ("small", "medium") if any(cell["kind"] == kind and cell["peers"] for cell in data["cells"])]
    sheet, places = plt.subplots(1, len(kinds), figsize=(5 * len(kinds), 3.6), squeeze=False)
    for place, kind in zip(places[0], kinds, strict=True):
        cells = sorted((cell for cell in data["cells"] if cell["kind"] == kind and cell["peers"]), key=lambda cell: cell["connections"])
        for name in data["peers"]:
            points = [(cell["connections"], cell["peers"][name]["p99_ms"]) for cell in cells if name in cell["peers"]]
            if points:
                place.plot(*zip(*points, strict=True), marker="o", label=name, linewidth=3 if name == OURS else 1)
        _by_clients(place, kind)
        place.set_ylabel("p99, ms")
        place.set_yscale("log")
    places[0][-1].legend(fontsize=8)
    _save(sheet, "Latency by clients", folder / "latency.png")


def _throughput(cells: list[Data], file: Path) -> None:
    sheet, places = plt.subplots(1, len(cells), figsize=(3.2 * len(cells), 3.2), sharey=True, squeeze=False)
    for place, cell in zip(places[0], cells, strict=True):
        names = list(cell["peers"])[::-1]
        values = [cell["peers"][name]["correct_per_second"] for name in names]
        bars = place.barh(names, values, color=[OURS_COLOUR if name == OURS else OTHERS_COLOUR for name in names])
        place.bar_label(bars, fmt="%.0f", padding=2)
        place.set_title(cell["label"])
        place.margins(x=0.15)
    _save(sheet, "Correct answers a second, 8 clients", file)


def growth(data: Data, folder: Path = FOLDER) -> None:
    """growth.png: correct answers a second, their 99th percentile and the memory of all processes by clients."""
    sheet, places = plt.subplots(1, 3, figsize=(12, 3.4))
    clients = [int(count) for count in data["clients"]]
    for place, (figure, title) in zip(
        places, (("correct_per_second", "correct answers a second"), ("p99_ms", "p99, ms"), ("memory_mb", "memory, MB")), strict=True
    ):
        place.plot(clients, [one[figure] for one in data["clients"].values()], marker="o", color=OURS_COLOUR)
        _by_clients(place, title)
        place.set_ylim(bottom=0)
    _save(sheet, "Ragam under more and more clients, small pictures", folder / "growth.png")


def _by_clients(place: Any, title: str) -> None:
    place.set_xscale("log", base=2)
    place.set_xlabel("clients")
    place.set_title(title)


def _save(sheet: Any, title: str, file: Path) -> None:
    sheet.suptitle(title)
    sheet.tight_layout()
    sheet.savefig(file, dpi=110, metadata={"Software": None})
    plt.close(sheet)
