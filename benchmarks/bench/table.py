"""Tables in Markdown."""

import math
from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(value: float, digits: int = 0) -> str:
    """A dash where nobody measured it."""
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"
