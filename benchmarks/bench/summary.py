"""The few figures that docs/performance.md quotes, between two marks there."""

import math
from pathlib import Path

from benchmarks.bench.peers import OURS
from benchmarks.bench.results import Data
from benchmarks.bench.table import figure, share, table
from benchmarks.pictures import KINDS
from benchmarks.service import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- make bench writes from here -->\n", "<!-- to here -->\n"
COLUMNS = ("8 clients", "small/s", "medium/s", "Ragam, times as many", "p99, ms", "wrong or failed", "processor, ms", "memory, MB")


def part(data: Data) -> str:
    """A row a peer, small and medium pictures from 8 clients; the machine; the share of the limit."""
    cells = {cell["kind"]: cell for cell in data["cells"] if cell["connections"] == 8}
    machine = data["machine"]
    shares = [f"{kind} {share(one['share'])}" for kind, one in data["limit"]["kinds"].items() if not math.isnan(one["share"])]
    return "\n".join(
        (
            table(COLUMNS, (_row(name, peer, cells) for name, peer in data["peers"].items())),
            "",
            f"Correct answers a second, medians of {data['rounds']} interleaved rounds; the rest is of medium pictures, processor time a",
            f"picture, of all processes. {machine['processor']}, {machine['cores']} cores, {machine['memory']}, {machine['date']}.",
            f"Of what the cores could answer if they only decoded, resized and ran the model, Ragam reaches {', '.join(shares) or '-'}.",
            "",
            preprocessing(data["preprocess"]),
            "",
        )
    )


def preprocessing(measured: Data) -> str:
    """A sentence."""
    (ours, papers) = (measured[way] for way in ("gateway", "paper"))
    return (
        f"A JPEG of {KINDS['large'].width} x {KINDS['large'].height} becomes the model's input in {figure(ours['ms'])} ms and "
        f"{figure(ours['peak_mb'], 1)} MB, by the paper's code in {figure(papers['ms'])} ms and {figure(papers['peak_mb'], 1)} MB."
    )


def write(text: str, file: Path = PAGE) -> None:
    """Puts `text` between the two marks. Raises ValueError where they are missing."""
    whole = file.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file.name} has no place for the figures: {BEGIN.strip()} ... {END.strip()}")
    file.write_text(before + begin + text + end + after, encoding="utf-8")


def quoted(file: Path = PAGE) -> str:
    """What stands between the two marks."""
    return file.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def _row(name: str, peer: Data, cells: dict[str, Data]) -> tuple[str, ...]:
    small, medium = (cells[kind]["peers"].get(name) for kind in ("small", "medium"))
    if not small or not medium:
        return (peer["what"], peer["failure"] or "not measured", *[""] * (len(COLUMNS) - 2))
    return (
        peer["what"],
        figure(small["correct_per_second"], 1),
        figure(medium["correct_per_second"], 1),
        "" if name == OURS else figure(1 / (cells["medium"]["of_ragam"][name]["correct_per_second"] or math.nan), 1),
        figure(medium["p99_ms"]),
        str(sum(own[count] for own in (small, medium) for count in ("wrong", "errors"))),
        figure(medium["processor_ms"]),
        figure(peer["memory_mb"]),
    )
