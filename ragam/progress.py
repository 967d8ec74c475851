"""The bar on standard error, where a person sees it."""

import sys
from typing import TextIO

from tqdm import tqdm


class Progress:
    """Of `total` pictures, `done` of which need no asking. Shows nothing where `file` is no terminal."""

    def __init__(self, total: int, done: int, file: TextIO | None = None) -> None:
        # None disables the bar outside of a terminal.
        self._bar = tqdm(
            total=total, initial=done, unit=" pictures", file=file or sys.stderr, disable=None, dynamic_ncols=True, leave=False
        )

    def advance(self, missed: int) -> None:
        if missed:
            self._bar.set_postfix_str(f"{missed} failed", refresh=False)
        self._bar.update()

    def print(self, line: str) -> None:
        """`line` on standard output, which may be the same terminal."""
        self._bar.write(line, file=sys.stdout)
        sys.stdout.flush()

    def close(self) -> None:
        self._bar.close()
