"""What a stage tells at its end: sentences for a person, or with --json an object of one line on stdout, with its name, for a machine."""

import argparse
from collections.abc import Mapping

from training.printed import say, say_line


def tell(args: argparse.Namespace, facts: Mapping[str, object], *sentences: str) -> None:
    if args.json:
        say_line({"stage": args.stage, **facts})
    else:
        say(*sentences)


def span(seconds: float) -> str:
    """So many seconds for a person."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def kept_in_words(epoch: int, shares: Mapping[str, float]) -> str:
    """Which weights were kept, and what chose them."""
    share = shares["chosen"]
    if not epoch:
        return "Kept the weights from before the main phase, of which no epoch was finished."
    if share == 1:
        mixed = f"Kept the weights of epoch {epoch}"
    else:
        mixed = f"Kept a mean of the weights of epoch {epoch}, for {share:.0%}, and of those before the main phase, for {1 - share:.0%}"
    tried = {float(name): value for name, value in shares.items() if name != "chosen"}
    equal = [f"{name:.0%}" for name, value in tried.items() if value == max(tried.values())]
    if len(equal) > 1:
        return f"{mixed}: {', '.join(equal)} did equally well on what chooses, too few pictures to tell, and the largest was taken."
    return f"{mixed}{', which did best on what chooses' if tried else ''}."
