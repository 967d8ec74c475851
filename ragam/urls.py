"""Pictures that lie at addresses: fetched one after the other at a polite rate, by IIIF where the address is one of its documents."""

import asyncio
import csv
from collections.abc import AsyncGenerator, Callable, Collection
from pathlib import Path
from time import monotonic
from urllib.parse import urljoin

from ragam import iiif
from ragam.errors import InvalidInput, PictureRefused, PictureTooLarge, RagamError, ServiceFailed, Unavailable
from ragam.results import parse, phrase_of, printable
from ragam.rows import cells_of_any_length
from ragam.transport import Answer, Transport

# A manifest of a thousand pages has some megabytes.
MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
FETCH_FAILED = "fetch_failed"
# What httpx takes. A longer one is no row's name either, for other programs read no cell of more than 131,072 characters.
MAX_ADDRESS, SHOWN = 65_536, 200
TOO_LONG = f"The address has more than {MAX_ADDRESS:,} characters."
REDIRECTS, MAX_REDIRECTS = {301, 302, 303, 307, 308}, 5
# Museums are faster than an upload may be: the time of the largest picture is that of a fifth of its bytes there.
FASTER = 5


def addresses(path: Path) -> list[str]:
    """Those in the file at `path`: of a .csv or .tsv the first cell of each row that holds one, of another file each line. Each once."""
    try:
        found = lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
        if path.suffix.lower() in {".csv", ".tsv"}:
            rows = csv.reader(lines, delimiter=max(",;\t", key="".join(lines[:1]).count))
            with cells_of_any_length():
                found = [next((cell.strip() for cell in row if "://" in cell), "") for row in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read as a list of addresses in UTF-8.") from error
    found = list(dict.fromkeys(address for address in found if "://" in address))
    if not found:
        raise InvalidInput(f"There is no address in {path}, such as https://museum.example/painting.jpg.")
    return found


class Fetcher:
    """At most `rate` pictures and documents a second, each of at most `most` bytes."""

    def __init__(self, timeout: float, retries: int, rate: float, most: int) -> None:
        self._transport = Transport("the server", timeout, retries)
        self._rate, self._most, self._next = rate, most, 0.0

    async def pictures(
        self, addresses: Collection[str], is_done: Callable[[str], bool]
    ) -> AsyncGenerator[tuple[str, bytes | RagamError], None]:
        """The bytes of the picture at each of `addresses`, or why there are none; of a manifest those of each canvas, under its own.

        What `is_done` is not fetched. To be used once.
        """
        try:
            for address in addresses:
                if len(address) > MAX_ADDRESS:
                    yield f"{address[:SHOWN]}...", PictureRefused(TOO_LONG, FETCH_FAILED)
                    continue
                if is_done(address):
                    continue
                try:
                    body = await self._get(address)
                    document = parse(body) if body.lstrip()[:1] == b"{" and len(body) <= MAX_DOCUMENT_BYTES else {}
                    if not document:
                        yield address, body
                    elif iiif.is_image(document):
                        yield address, await self._of_service(document)
                    else:
                        async for found in self._of_manifest(address, document, is_done):
                            yield found
                except RagamError as error:
                    yield address, error
        finally:
            await self._transport.aclose()

    async def _of_manifest(
        self, address: str, document: dict[str, object], is_done: Callable[[str], bool]
    ) -> AsyncGenerator[tuple[str, bytes | RagamError], None]:
        for number, canvas in enumerate(iiif.canvases(document), 1):
            if not canvas or len(canvas) > MAX_ADDRESS:
                yield f"{address}#{number}", PictureRefused(TOO_LONG if canvas else "The canvas has no picture.", FETCH_FAILED)
            elif not is_done(canvas):
                yield canvas, await self._of_canvas(canvas)

    async def _of_canvas(self, address: str) -> bytes | RagamError:
        try:
            body = await self._get(address)
            document = parse(body) if address.endswith("/info.json") else {}
            return await self._of_service(document) if document else body
        except RagamError as error:
            return error

    async def _of_service(self, info: dict[str, object]) -> bytes:
        *others, last = iiif.requests(info)
        for address in others:
            try:
                return await self._get(address)
            except PictureRefused:
                # A server of static files has the one or the other.
                continue
        return await self._get(last)

    async def _get(self, address: str) -> bytes:
        wait = self._next - monotonic()
        self._next = max(self._next, monotonic()) + 1 / self._rate
        await asyncio.sleep(max(0, wait))
        for _ in range(1 + MAX_REDIRECTS):
            if not address.lower().startswith(("http://", "https://")):
                raise PictureRefused("The address cannot be used: only http and https are.", FETCH_FAILED)
            try:
                answer = await self._transport.send("GET", address, most=self._most, size=self._most // FASTER)
                if answer.status not in REDIRECTS or "Location" not in answer.headers:
                    return _body(answer, self._most)
                address = urljoin(address, answer.headers["Location"])
            except (Unavailable, ServiceFailed, InvalidInput, ValueError) as error:
                # Of this address alone: others may lie elsewhere.
                raise PictureRefused(printable(str(error)), FETCH_FAILED) from error
        raise PictureRefused(f"The address redirects more than {MAX_REDIRECTS} times.", FETCH_FAILED)


def _body(answer: Answer, most: int) -> bytes:
    if answer.status != 200:
        raise PictureRefused(f"The server of this address answered {phrase_of(answer.status)}.", FETCH_FAILED, answer.status)
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise PictureRefused("The answer is compressed, though that was not asked for.", FETCH_FAILED)
    if answer.body is None:
        raise PictureTooLarge(f"The answer has more than {most:,} bytes. --max-bytes allows more.")
    return answer.body
