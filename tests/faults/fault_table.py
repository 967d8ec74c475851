"""What each fault did, as measured: build/faults.md and build/faults.json."""

import json
from dataclasses import asdict, dataclass

from service import ROOT

FOLDER = ROOT / "build"


@dataclass(frozen=True)
class Row:
    """seconds: until the last answer that the fault spoilt, from its end on; slowest: of all answers, in seconds."""

    fault: str
    seen: str
    slowest: float
    told: str
    seconds: float


class Table:
    """What was measured, in the order of the tests; build/faults.md and build/faults.json once they are through."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, fault: str, seen: str, slowest: float, told: str, seconds: float) -> None:
        self.rows.append(Row(fault, seen, round(slowest, 2), told, round(seconds, 2)))

    def write(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        head = (
            "| fault | what the client sees | slowest answer, s | what log and metrics say | well again after, s |\n|---|---|---|---|---|\n"
        )
        lines = [f"| {row.fault} | {row.seen} | {row.slowest:.2f} | {row.told} | {row.seconds:.2f} |\n" for row in self.rows]
        (FOLDER / "faults.md").write_text(head + "".join(lines))
        (FOLDER / "faults.json").write_text(json.dumps([asdict(row) for row in self.rows], indent=1) + "\n")
