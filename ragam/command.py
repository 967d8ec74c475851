"""`classify`: the pictures that are named go to the service, its answers to a CSV or to standard output."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import httpx

from ragam.asking import ask_all
from ragam.client import Service, connection
from ragam.files import from_lines, pictures
from ragam.patience import Patience
from ragam.record import Record
from ragam.run import Run

INTERRUPTED = 130
STANDARD_INPUT = "-"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.argument("names", nargs=-1, required=True, metavar="FILE|FOLDER|-...", type=click.Path(exists=True, readable=False, allow_dash=True))
@click.option("--url", default="http://127.0.0.1:5000", show_default=True, help="Address of the gateway.")
@click.option(
    "--csv", "csv_path", type=click.Path(dir_okay=False, path_type=Path), help="Keep the answers in this file, and go on where it ends."
)
@click.option("--jsonl", is_flag=True, help="Print the answers as JSON Lines, as happens without --csv.")
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Pictures under way at the same time.")
@click.option(
    "--retries", default=5, show_default=True, type=click.IntRange(0, 20), help="Further attempts while the service is busy or away."
)
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Seconds to wait for an answer.")
@click.option(
    "--api-key", default="", envvar="RAGAM_API_KEY", help="The service's key. RAGAM_API_KEY keeps it out of the list of processes."
)
@click.pass_context
def classify(  # noqa: PLR0917 - click passes every option by its name
    context: click.Context,
    names: tuple[str, ...],
    url: str,
    csv_path: Path | None,
    jsonl: bool,
    concurrency: int,
    retries: int,
    timeout: float,
    api_key: str,
) -> None:
    """Tell the genres of paintings: of each FILE, and of the .png, .jpg and .jpeg pictures in each FOLDER.

    With - the names come from standard input, one a line.

    With --csv, what the file has an answer for is not sent again: after a stop, the same command goes on.

    Exit code: 0 every picture has an answer, 1 some have none, 2 it cannot be done as it was typed, 130 after Ctrl-C.
    """
    if csv_path is not None and csv_path.exists() and not csv_path.is_file():
        raise click.UsageError("--csv must name a file on disk. For a pipe there is --jsonl.")
    prints = jsonl or csv_path is None
    with _interruptible(context), ExitStack() as stack:
        http = connection(url, api_key, timeout, concurrency)
        files = pictures(_typed(names))
        record = Record(csv_path) if csv_path else None
        if record:
            stack.callback(record.close)
        run = Run(files, record, prints=prints)
        waiting = run.waiting()
        try:
            if waiting:
                asyncio.run(_ask(run, waiting, http, Patience(retries), concurrency))
        except KeyboardInterrupt:
            run.reason = "Stopped."
            _tell(run, err=prints)
            raise
        _tell(run, err=prints)
        context.exit(0 if run.summary.answered == len(files) else 1)


async def _ask(run: Run, waiting: list[str], http: httpx.AsyncClient, patience: Patience, concurrency: int) -> None:
    async with http:
        service = Service(http, patience, lambda sentence: click.echo(sentence, err=True))
        await service.check()
        await run.take_all(ask_all(service.ask, waiting, concurrency))


def _typed(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name == STANDARD_INPUT:
            yield from from_lines(sys.stdin.buffer.read())
        else:
            yield name


def _tell(run: Run, *, err: bool) -> None:
    """The summary. Beside JSON Lines it goes to standard error."""
    for line in run.summary.lines(len(run.files)):
        click.echo(line, err=err)
    if run.reason:
        click.echo(run.reason, err=True)


@contextmanager
def _interruptible(context: click.Context) -> Iterator[None]:
    """Ctrl-C has the exit code that shells give it, where click's own would be 1."""
    try:
        yield
    except KeyboardInterrupt:
        context.exit(INTERRUPTED)
