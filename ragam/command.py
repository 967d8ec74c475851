"""The command `ragam`: a face of the client for people and scripts."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from ragam import __version__
from ragam.aio import AsyncClient
from ragam.doctor import examine
from ragam.errors import InvalidInput, NotWritable, PictureRefused, RagamError
from ragam.files import Selection, pictures
from ragam.results import printable
from ragam.rows import check_parquet, write_parquet
from ragam.run import Run, tell
from ragam.table import Table
from ragam.urls import Fetcher, addresses

DEFAULT_URL = "http://127.0.0.1:5000"
# A script tells by them what to do: docs/client.md.
INCOMPLETE, MISUSED, NO_SERVICE, INTERRUPTED = 1, 2, 3, 130
EXIT_CODES = (
    "Exit codes: 0 all is well; 1 pictures have no answer; 2 it cannot be done as it was typed, what answers is not Ragam, or a file"
    " cannot be written; 3 the service is not reachable, refuses the key, or has no answer; 130 Ctrl-C."
)
Result = TypeVar("Result")
FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}, epilog=EXIT_CODES)
@click.version_option(__version__)
def ragam() -> None:
    """Ragam tells the genre of a painting."""


def of_a_gateway(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--api-key", envvar="RAGAM_API_KEY", help="The service's key. RAGAM_API_KEY keeps it out of the list of processes."),
        click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Seconds to wait for an answer."),
        click.option(
            "--retries", default=5, show_default=True, type=click.IntRange(0, 20), help="Further attempts where a service is busy or away."
        ),
        click.option("--url", envvar="RAGAM_URL", default=DEFAULT_URL, show_default=True, help="Address of the gateway, else RAGAM_URL."),
    ):
        command = option(command)
    return command


@ragam.command(epilog=EXIT_CODES, short_help="Tell the genres of paintings.")
@click.argument("names", nargs=-1, metavar="FILE|FOLDER|-...", type=click.Path(exists=True, readable=False, allow_dash=True))
@click.option("--urls", type=FILE, help="Fetch the pictures whose addresses this CSV or list holds.")
@click.option("--csv", type=FILE, help="Keep the answers in this file, and go on where it ends.")
@click.option("--parquet", type=FILE, help="At the end, write what the CSV holds as Parquet too.")
@click.option("--jsonl", is_flag=True, help="Print the answers as JSON Lines, as happens without --csv.")
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Pictures under way at the same time.")
@click.option("--rate", default=2.0, show_default=True, type=click.FloatRange(0.01, 1000), help="Fetches a second, with --urls.")
@click.option("--max-bytes", default=50_000_000, show_default=True, type=click.IntRange(1), help="Of a fetched picture, with --urls.")
@of_a_gateway
def classify(
    names: tuple[str, ...],
    urls: Path | None,
    csv: Path | None,
    parquet: Path | None,
    *,
    jsonl: bool,
    concurrency: int,
    rate: float,
    max_bytes: int,
    **gateway: Any,
) -> None:
    """Tell the genres of paintings: of each FILE, of the pictures in each FOLDER, or of those at addresses.

    JPEG and PNG are sent as they are. Where Pillow is installed, TIFF, WebP, AVIF, GIF, BMP and JPEG 2000 (with pillow-heif HEIC, with
    pillow-jxl-plugin JPEG XL), and what is too large for the service, are sent as JPEG of at most 2,048 pixels, upright and in sRGB.

    With - the names come from standard input, one a line.

    --urls takes addresses of pictures, of IIIF pictures (info.json) and of IIIF manifests, of which all canvases are fetched. Any address
    that this machine reaches is asked, also in your own network.

    With --csv, what the file has an answer for is not sent again: after a stop, the same command goes on.
    """
    if bool(names) == bool(urls):
        raise click.UsageError(
            "Name files and folders, or --urls, not both." if names else "Missing argument: files or folders, or --urls."
        )
    if csv and csv.exists() and not csv.is_file():
        raise click.UsageError("--csv must name a file on disk. For a pipe there is --jsonl.")
    if parquet and not csv:
        raise click.UsageError("--parquet is made of the CSV: name one with --csv.")

    def act() -> int:
        if parquet:
            check_parquet(parquet)
        selection = Selection(addresses(urls)) if urls else pictures(_typed(names))
        client = AsyncClient(**gateway, concurrency=concurrency)
        with closing(Table(csv)) if csv else nullcontext() as table:
            run = Run(client, concurrency, table, prints=jsonl or table is None)
            if urls:
                fetcher = Fetcher(gateway["timeout"], gateway["retries"], rate, max_bytes)
                run.over_addresses(selection.files, fetcher)
            else:
                run.over_files(selection)
            if table and parquet:
                write_parquet(table.path, parquet)
        return NO_SERVICE if run.is_over_early else 0 if run.is_whole else INCOMPLETE

    _exit(act)


@ragam.command(epilog=EXIT_CODES, short_help="Tell where in a picture the model sees its genre.")
@click.argument("file", type=FILE)
@click.option("--png", type=FILE, help="Write the picture under its heat map to this file.")
@of_a_gateway
def explain(file: Path, png: Path | None, **gateway: Any) -> None:
    """Tell where in a picture the model sees its genre: as JSON, or as a PNG."""

    def act() -> None:
        if not png:
            click.echo(json.dumps(asdict(_asked(gateway, lambda client: client.explain(file)))))
            return
        try:
            png.write_bytes(_asked(gateway, lambda client: client.explain_png(file)))
        except OSError as error:
            raise NotWritable(f"{png} cannot be written: {error.strerror}.") from error

    _exit(act)


@ragam.command(epilog=EXIT_CODES)
@of_a_gateway
def genres(**gateway: Any) -> None:
    """List the genres that the model knows."""
    _exit(lambda: click.echo("\n".join(genre.name for genre in _asked(gateway, lambda client: client.genres()))))


@ragam.command(epilog=EXIT_CODES, short_help="Tell what answers at an address.")
@click.argument("address", required=False, metavar="[URL]")
@click.option("--url", envvar="RAGAM_URL", default=DEFAULT_URL, show_default=True, help="The same, else RAGAM_URL.")
@click.option("--api-key", envvar="RAGAM_API_KEY", help="The service's key.")
@click.option("--timeout", default=10.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Seconds to wait for an answer.")
def doctor(address: str | None, url: str, api_key: str | None, timeout: float) -> None:
    """Tell what answers at URL: what is reachable, which versions, limits, the clocks' difference, and proxies that name themselves.

    It sends a small gray picture. Exit code 0 means that it was answered.
    """

    async def ask() -> bool:
        async with AsyncClient(address or url, api_key, timeout, retries=0) as client:
            return await examine(client, lambda line: click.echo(printable(line)))

    def act() -> int:
        return 0 if asyncio.run(ask()) else NO_SERVICE

    _exit(act)


def _exit(act: Callable[[], int | None]) -> NoReturn:
    """Ends the command by what `act` returns or raises."""
    try:
        sys.exit(act())
    except RagamError as error:
        tell(f"Error: {error}")
        if isinstance(error, InvalidInput | NotWritable):
            sys.exit(MISUSED)
        sys.exit(INCOMPLETE if isinstance(error, PictureRefused) else NO_SERVICE)
    except KeyboardInterrupt:
        # click's own code would be 1.
        sys.exit(INTERRUPTED)


def _asked(gateway: dict[str, Any], call: Callable[[AsyncClient], Coroutine[Any, Any, Result]]) -> Result:
    """What `call` gives, told meanwhile where the service does not answer yet."""

    async def ask() -> Result:
        async with AsyncClient(**gateway) as client:
            await client.check(tell)
            return await call(client)

    return asyncio.run(ask())


def _typed(names: tuple[str, ...]) -> Iterator[str]:
    """`names`; in place of -, the lines of standard input, of whatever bytes they are."""
    for name in names:
        if name == "-":
            yield from (os.fsdecode(line) for line in sys.stdin.buffer.read().replace(b"\r\n", b"\n").split(b"\n") if line)
        else:
            yield name
