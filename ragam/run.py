"""Pictures one time through the service: answers go to the CSV where there is one, and to standard output, and at the end a summary."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterable, Iterable
from contextlib import aclosing
from pathlib import Path

import click
from tqdm import tqdm

from ragam.aio import AsyncClient
from ragam.errors import RagamError, Unavailable
from ragam.files import Selection
from ragam.order import in_order
from ragam.results import Prediction, printable
from ragam.rows import row_of
from ragam.table import Table
from ragam.urls import Fetcher

# In the summary.
MOST_REASONS = 10
NOT_PAINTING = "Not a painting?"
# Of a lower typicality a picture may be no painting: results.py.
TYPICAL_FROM = 0.05

# The name of a picture in its row, and what is sent for it, or why nothing is.
Named = tuple[str, Path | bytes | RagamError]


class Run:
    """One time through `client`, counted; `prints` JSON Lines to standard output."""

    def __init__(self, client: AsyncClient, concurrency: int, table: Table | None, *, prints: bool) -> None:
        self._client, self._concurrency, self._table, self._prints = client, concurrency, table, prints
        self._genres: Counter[str] = Counter()
        self._certain: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._earlier = 0
        # None where it shows on the way.
        self._total: int | None = None
        self._reason = ""

    @property
    def is_whole(self) -> bool:
        return not self._failures

    @property
    def is_over_early(self) -> bool:
        """Whether the service went away, or refused the key."""
        return bool(self._reason)

    def over_files(self, selection: Selection) -> None:
        self._resume(selection.files)
        self._others, self._total = selection.others, len(selection.files)
        waiting = [(file, Path(file)) for file in selection.files if not self._is_done(file)]
        self._run(waiting) if waiting else self._summarize()

    def over_addresses(self, addresses: list[str], fetcher: Fetcher) -> None:
        self._resume(addresses)
        self._run(fetcher.pictures(addresses, self._is_done))
        # Of pictures of a manifest the errors of an earlier run stand beside the answers.
        self._resume([])

    def _resume(self, files: list[str]) -> None:
        if self._table:
            self._table.resume(files)

    def _is_done(self, file: str) -> bool:
        """Whether an earlier run has an answer for `file`, which then counts."""
        cells = self._table.answer(file) if self._table else None
        if cells is not None:
            self._earlier += 1
            # Spreadsheets write "true" in capitals.
            certain = cells["certain"].lower() == "true" if "certain" in cells else None
            self._count(printable(cells.get("genre", "")), certain=certain, typicality=_number(cells.get("typicality", "")))
        return cells is not None

    def _run(self, pictures: Iterable[Named] | AsyncIterable[Named]) -> None:
        try:
            asyncio.run(self._send(pictures))
        except KeyboardInterrupt:
            self._reason = "Stopped."
            self._summarize()
            raise
        self._summarize()

    async def _send(self, pictures: Iterable[Named] | AsyncIterable[Named]) -> None:
        async def answer(named: Named) -> Prediction:
            if isinstance(named[1], RagamError):
                raise named[1]
            return await self._client.classify(named[1])

        async with self._client as client:
            await client.check(tell)
            # disable=None: no bar where standard error is no terminal.
            bar = tqdm(total=self._total, initial=self._earlier, unit=" pictures", disable=None, dynamic_ncols=True, leave=False)
            with bar:
                async with aclosing(in_order(pictures, answer, self._concurrency)) as outcomes:
                    async for (file, _), found in outcomes:
                        self._take(file, found)
                        bar.set_postfix_str(f"{failed} failed" if (failed := self._failures.total()) else "", refresh=False)
                        bar.update()

    def _take(self, file: str, found: Prediction | RagamError) -> None:
        row = row_of(file, found)
        # First, for it is what another run goes by.
        if self._table:
            self._table.append(row)
        if isinstance(found, Prediction):
            self._count(found.genre, certain=found.certain, typicality=found.typicality)
        else:
            self._failures[str(found)] += 1
        if isinstance(found, Unavailable):
            self._reason = str(found)
        if self._prints:
            tqdm.write(json.dumps(row), file=sys.stdout)
            sys.stdout.flush()

    def _count(self, genre: str, *, certain: bool | None, typicality: float | None) -> None:
        # The page has them apart from the genres, too.
        if typicality is not None and typicality < TYPICAL_FROM:
            genre = NOT_PAINTING
        self._genres[genre] += 1
        if certain is not None:
            self._certain[genre] += certain

    def _summarize(self) -> None:
        """The genres, the most frequent first, why pictures have none, and a sentence on all; beside JSON Lines on standard error."""
        width = max(map(len, self._genres), default=0)
        for genre, number in sorted(self._genres.items(), key=lambda entry: (-entry[1], entry[0])):
            # A genre is in here once one of its answers told whether it is certain.
            certain = f"  certain {self._certain[genre]:>7,}" if genre in self._certain else ""
            self._say(f"{genre:<{width}}  {number:>7,}{certain}")
        common = self._failures.most_common(MOST_REASONS)
        for reason, number in common:
            if reason != self._reason:
                self._say(f"{number:,} failed: {reason}")
        failed, answered = self._failures.total(), self._genres.total()
        if rest := failed - sum(number for _, number in common):
            self._say(f"{rest:,} failed for other reasons, which stand with each file.")
        if self._others:
            kinds = ", ".join(f"{kind} {number:,}" for kind, number in self._others.most_common(MOST_REASONS))
            number = self._others.total()
            were = f"{number:,} files were left out, for they are" if number > 1 else "1 file was left out, for it is"
            self._say(f"{were} not named as pictures: {kinds}.")
        total = answered + failed if self._total is None else self._total
        parts = [
            f"{answered:,} of {total:,} pictures have an answer",
            f"{self._earlier:,} of them from an earlier run" if self._earlier else "",
            f"{self._client.converted:,} converted" if self._client.converted else "",
            f"{failed:,} failed" if failed else "",
            f"{total - answered - failed:,} not sent" if total > answered + failed else "",
        ]
        self._say(", ".join(filter(None, parts)) + ".")
        if self._reason:
            tell(self._reason)

    def _say(self, sentence: str) -> None:
        click.echo(printable(sentence), err=self._prints)


def _number(cell: str) -> float | None:
    """None where the version told none; a spreadsheet may have written a comma."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def tell(sentence: str) -> None:
    click.echo(printable(sentence), err=True)
