"""The results as Markdown: benchmarks/results/*.md."""

from pathlib import Path

from benchmarks.bench.results import FOLDER, RATIOS, Data
from benchmarks.bench.table import figure, share, table

COLUMNS = {
    "correct/s": ("correct_per_second", 1),
    "p50, ms": ("p50_ms", 0),
    "p95, ms": ("p95_ms", 0),
    "p99, ms": ("p99_ms", 0),
    "wrong": ("wrong", 0),
    "errors": ("errors", 0),
    "told to come later": ("later", 0),
    "processor, ms a picture": ("processor_ms", 1),
}


def comparison(data: Data) -> str:
    """Everything that `make bench` measured."""
    peers = (
        (
            name,
            peer["failure"] or peer["what"],
            figure(peer["start_seconds"], 1),
            figure(peer["memory_mb"]),
            ", ".join(f"{package} {version}" for package, version in peer["versions"].items()),
        )
        for name, peer in data["peers"].items()
    )
    about = (
        f"Medians of {data['rounds']} interleaved rounds of {data['seconds']:g} s for small and medium pictures from 8 "
        "clients, one round for "
        "all else; counts are sums. Every client sends one picture after the other. Percentiles are of correct "
        "answers; processor time is of "
        "all processes of a peer, per correct answer; memory is their proportional set size after the loads of a round. An answer that "
        "takes longer than its load lasts is not seen: where a peer is so slow, its percentiles are too good."
    )
    parts = [
        "# Ragam beside what one would use instead",
        machine(data),
        about,
        "## Peers",
        table(("peer", "what", "start, s", "memory, MB", "versions"), peers),
        *(_cell(cell) for cell in data["cells"] if cell["peers"]),
        "## The limit",
        _limit(data["limit"]),
        "## From a large JPEG to the model's input",
        table(
            ("4000 x 3000", "ms", "peak memory, MB"),
            ((way, figure(one["ms"], 1), figure(one["peak_mb"], 1)) for way, one in data["preprocess"].items()),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def growth(data: Data) -> str:
    """Everything that `make bench-growth` measured."""
    clients = ((count, *_figures(one), figure(one["later_p99_ms"]), figure(one["memory_mb"])) for count, one in data["clients"].items())
    others = {f"{count} workers": one for count, one in data["workers"].items()}
    others |= {f"{count} model servers": one for count, one in data["model_servers"].items()}
    recovery = (
        f"One picture alone takes {figure(data['alone_ms'])} ms; {figure(data['recovery_seconds'], 2)} s after the end "
        "of the largest load it "
        "takes at most twice that again."
    )
    parts = [
        "# Ragam under more and more clients",
        machine(data),
        f"Small pictures, {data['seconds']:g} s each, from 128 clients on two to four times as long.",
        table(("clients", *COLUMNS, "p99 of being told so, ms", "memory, MB"), clients),
        recovery,
        "## Workers and model servers",
        "Medium pictures from 32 clients, all on the same cores.",
        table(("", *COLUMNS), ((name, *(_figures(one) if one else ["not measured"] * len(COLUMNS))) for name, one in others.items())),
    ]
    return "\n\n".join(parts) + "\n"


def machine(data: Data) -> str:
    found = data["machine"]
    return f"{found['processor']}, {found['cores']} cores, {found['memory']}, {found['system']}, {found['date']}. {found['versions']}."


def write(text: str, name: str, folder: Path = FOLDER) -> None:
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def _cell(cell: Data) -> str:
    rows = ((name, *_figures(own), *(figure(cell["of_ragam"][name][key], 2) for key in RATIOS)) for name, own in cell["peers"].items())
    columns = ("peer", *COLUMNS, "correct/s of Ragam's", "p99 of Ragam's", "processor of Ragam's")
    generator = max(own["generator_ms"] for own in cell["peers"].values())
    return (
        f"## {cell['kind'].capitalize()}, {cell['label']}, {cell['connections']} clients\n\n{table(columns, rows)}\n\n"
        f"The load generator took at most {figure(generator, 2)} ms of processor time an answer."
    )


def _limit(limit: Data) -> str:
    rows = (
        (
            kind,
            figure(one["decode_ms"], 2),
            figure(limit["model_ms"], 2),
            figure(one["pictures_a_second"], 1),
            figure(one["reached"], 1),
            share(one["share"]),
            figure(one["gateway_ms"], 2),
            figure(one["beyond_decode_ms"], 2),
        )
        for kind, one in limit["kinds"].items()
    )
    columns = ("decode, ms", "model, ms", "limit, pictures/s", "reached, correct/s", "share", "gateway, ms", "... beyond decode, ms")
    return (
        f"{table(('pictures', *columns), rows)}\n\nMilliseconds of processor time a picture; decode is with resize and "
        "scaling. The limit is all "
        "cores doing nothing but that and the model; reached with 8 clients. The model is the embedded server's at its cheapest "
        f"({limit['model_at']}), without its transport, which is {figure(limit['transport_ms'], 2)} ms. `pixel` is a "
        "picture of one pixel: what "
        "HTTP, gRPC, JSON and the log cost the gateway."
    )


def _figures(own: Data) -> list[str]:
    return [figure(own[key], digits) for key, digits in COLUMNS.values()]
