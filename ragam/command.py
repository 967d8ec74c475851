"""The command `ragam`. `ragam classify`: the pictures that are named go to the service, its answers to a CSV or to standard output."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing, closing, nullcontext
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from ragam.client import Client
from ragam.errors import InvalidInput, RagamError, Unavailable
from ragam.files import pictures
from ragam.results import Prediction, printable
from ragam.table import Table, row_of

INTERRUPTED = 130
NO_PREDICTION = dict.fromkeys(field.name for field in fields(Prediction))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def ragam() -> None:
    """Ragam tells the genre of a painting."""


@ragam.command()
@click.argument("names", nargs=-1, required=True, metavar="FILE|FOLDER|-...", type=click.Path(exists=True, readable=False, allow_dash=True))
@click.option("--url", default="http://127.0.0.1:5000", show_default=True, help="Address of the gateway.")
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Keep the answers in this file, and go on where it ends.")
@click.option("--jsonl", is_flag=True, help="Print the answers as JSON Lines, as happens without --csv.")
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Pictures under way at the same time.")
@click.option(
    "--retries", default=5, show_default=True, type=click.IntRange(0, 20), help="Further attempts where a service is busy or away."
)
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Seconds to wait for an answer.")
@click.option("--api-key", envvar="RAGAM_API_KEY", help="The service's key. RAGAM_API_KEY keeps it out of the list of processes.")
@click.pass_context
def classify(
    context: click.Context,
    /,
    names: tuple[str, ...],
    csv: Path | None,
    *,
    url: str,
    jsonl: bool,
    concurrency: int,
    retries: int,
    timeout: float,
    api_key: str | None,
) -> None:
    """Tell the genres of paintings: of each FILE, and of the .png, .jpg and .jpeg pictures in each FOLDER.

    With - the names come from standard input, one a line.

    With --csv, what the file has an answer for is not sent again: after a stop, the same command goes on.

    Exit code: 0 every picture has an answer, 1 some have none, 2 it cannot be done as it was typed, 130 after Ctrl-C.
    """
    if csv is not None and csv.exists() and not csv.is_file():
        raise click.UsageError("--csv must name a file on disk. For a pipe there is --jsonl.")
    try:
        client = Client(url, api_key, timeout, retries, concurrency)
        files = pictures(_typed(names))
        with closing(Table(csv)) if csv else nullcontext() as table:
            run = Run(files, table, prints=jsonl or table is None)
            run.classify(client)
    except RagamError as error:
        _tell(f"Error: {error}")
        context.exit(2 if isinstance(error, InvalidInput) else 1)
    except KeyboardInterrupt:
        # click's own code would be 1.
        context.exit(INTERRUPTED)
    context.exit(0 if run.answered == len(files) else 1)


class Run:
    """`files` one time through: answers go to `table` where there is one, and to standard output if it `prints`."""

    def __init__(self, files: list[str], table: Table | None, *, prints: bool) -> None:
        self._files, self._table, self._prints = files, table, prints
        self._genres: Counter[str] = Counter()
        self._certain: Counter[str] = Counter()
        self._earlier = self._failed = 0
        self._reason = ""

    @property
    def answered(self) -> int:
        return self._genres.total()

    def classify(self, client: Client) -> None:
        done = self._table.resume(self._files) if self._table else {}
        for row in done.values():
            # Spreadsheets write "true" in capitals.
            self._count(printable(row.get("genre", "")), certain=row["certain"].lower() == "true" if "certain" in row else None)
        self._earlier = len(done)
        waiting = [file for file in self._files if file not in done]
        try:
            if waiting:
                asyncio.run(self._send(client, waiting))
        except KeyboardInterrupt:
            self._reason = "Stopped."
            self._summarize()
            raise
        self._summarize()

    async def _send(self, client: Client, waiting: list[str]) -> None:
        async with aclosing(client):
            await client.check(_tell)
            # disable=None: no bar where standard error is no terminal.
            bar = tqdm(total=len(self._files), initial=self._earlier, unit=" pictures", disable=None, dynamic_ncols=True, leave=False)
            with bar:
                async with aclosing(client.classify_many(waiting)) as outcomes:
                    async for file, found in outcomes:
                        self._take(file, found)
                        bar.set_postfix_str(f"{self._failed} failed" if self._failed else "", refresh=False)
                        bar.update()

    def _take(self, file: str, found: Prediction | RagamError) -> None:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        # First, for it is what another run goes by.
        if self._table:
            self._table.append(row_of(file, found, time))
        if isinstance(found, Prediction):
            self._count(found.genre, certain=found.certain)
        else:
            self._failed += 1
        if isinstance(found, Unavailable):
            self._reason = str(found)
        if self._prints:
            # The keys are always the same; those of a prediction are null where there is an error, and the other way round.
            entry = NO_PREDICTION | {"error": str(found)} if isinstance(found, RagamError) else asdict(found) | {"error": None}
            tqdm.write(json.dumps({"file": file, **entry, "time": time}), file=sys.stdout)
            sys.stdout.flush()

    def _count(self, genre: str, *, certain: bool | None) -> None:
        self._genres[genre] += 1
        if certain is not None:
            self._certain[genre] += certain

    def _summarize(self) -> None:
        """A table of the genres, the most frequent first, and a sentence on all pictures; beside JSON Lines on standard error."""
        width = max(map(len, self._genres), default=0)
        for genre, number in sorted(self._genres.items(), key=lambda entry: (-entry[1], entry[0])):
            # A genre is in here once one of its answers told whether it is certain.
            certain = f"  certain {self._certain[genre]:>7,}" if genre in self._certain else ""
            click.echo(f"{genre:<{width}}  {number:>7,}{certain}", err=self._prints)
        parts = [f"{self.answered:,} of {len(self._files):,} pictures have an answer"]
        if self._earlier:
            parts.append(f"{self._earlier:,} of them from an earlier run")
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        if unsent := len(self._files) - self.answered - self._failed:
            parts.append(f"{unsent:,} were not sent")
        click.echo(", ".join(parts) + ".", err=self._prints)
        if self._reason:
            _tell(self._reason)


def _typed(names: tuple[str, ...]) -> Iterator[str]:
    """`names`; in place of -, the lines of standard input, of whatever bytes they are."""
    for name in names:
        if name == "-":
            yield from (os.fsdecode(line) for line in sys.stdin.buffer.read().replace(b"\r\n", b"\n").split(b"\n") if line)
        else:
            yield name


def _tell(sentence: str) -> None:
    click.echo(printable(sentence), err=True)
