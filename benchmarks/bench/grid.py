"""Which loads are measured, and how long: the whole of `make bench` in one table."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A kind of picture from so many connections: in every round, or in one of them, the same for all peers."""

    kind: str
    connections: int
    every_round: bool = False


GRID = (
    Cell("small", 8, every_round=True),
    Cell("medium", 8, every_round=True),
    Cell("small", 1),
    Cell("medium", 1),
    Cell("large", 8),
    Cell("small", 32),
    Cell("medium", 32),
    Cell("png", 8),
    Cell("small", 128),
    Cell("medium", 128),
    Cell("small", 512),
)

ROUNDS = 3
SECONDS = 4.0
WARM_UP_CONNECTIONS = 8
WARM_UP_SECONDS = 1.5


def plan(loads: Sequence[Cell], rounds: int) -> list[list[Cell]]:
    """What each of the rounds measures: all of `loads`."""
    rest = [cell for cell in loads if not cell.every_round]
    return [[*(cell for cell in loads if cell.every_round), *rest[number::rounds]] for number in range(rounds)]
