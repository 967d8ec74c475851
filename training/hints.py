"""What the sentences of stages have in common: a command that can be copied whole, a number of things, the cause of an error."""

import shlex
from pathlib import Path

# What stands where the stage that says so was not told the folder.
DATASET = Path("DATASET")


def command(stage: str, data: Path | None = DATASET, **folders: Path) -> str:
    """The command of a stage, in backquotes: with --data, except where that is None, and with the other folders by their arguments."""
    named = {**({} if data is None else {"data": data}), **folders}
    return f"`python -m training {' '.join([stage, *(f'--{name} {shlex.quote(str(path))}' for name, path in named.items())])}`"


def counted(number: int, noun: str) -> str:
    """Such as "1 picture" and "2 pictures"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cause(error: Exception) -> str:
    """Why it failed, without the number and the path that an OSError tells."""
    return (error.strerror if isinstance(error, OSError) else None) or " ".join(str(error).split())[:300] or type(error).__name__
