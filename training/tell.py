"""What a stage tells at its end: sentences for a person, or with --json an object of one line on stdout for a machine."""

import argparse
import json
from collections.abc import Mapping


def tell(args: argparse.Namespace, facts: Mapping[str, object], *sentences: str) -> None:
    print(as_line(facts) if args.json else "\n".join(sentences), flush=True)


def as_line(facts: Mapping[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False)


def span(seconds: float) -> str:
    """So many seconds for a person."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
