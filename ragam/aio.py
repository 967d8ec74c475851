"""A gateway over HTTP: what is sent to it and what its answer means."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from ragam.convert import can_convert
from ragam.errors import Busy, InvalidInput, PictureTooLarge, RagamError, ServiceFailed, Unavailable
from ragam.order import in_order
from ragam.picture import INSTALL, Picture, Upload, check_are_pictures, smaller, upload_of
from ragam.results import (
    Explanation,
    Genre,
    Prediction,
    error_of,
    explanation,
    genres,
    is_envelope,
    not_understood,
    parse,
    prediction,
    printable,
    read,
)
from ragam.transport import Answer, Transport, is_port, retry_after, without_user

FIELD = "image"
# 200 genres are 20 kB, and their texts 400. A heat map's PNG has at most 1,024 x 1,024 pixels.
MAX_ANSWER_BYTES, MAX_PNG_BYTES = 1 << 20, 1 << 24
PNG = b"\x89PNG\r\n\x1a\n"
# Pictures that are converted at the same time: each may be some hundred megapixels in memory.
CONVERSIONS = min(4, os.cpu_count() or 1)


class AsyncClient(AbstractAsyncContextManager["AsyncClient"]):
    """As ragam.Client, for asyncio.

    >>> async def main():
    ...     async with AsyncClient(url) as client:
    ...         async for picture, answer in client.classify_many([painting]):
    ...             print(answer.genre in {genre.name for genre in await client.genres()})
    >>> asyncio.run(main())
    True
    """

    def __init__(self, url: str, api_key: str | None = None, timeout: float = 60.0, retries: int = 5, *, concurrency: int = 4) -> None:
        wrong = f"The address of the gateway must be one such as http://127.0.0.1:5000, not {without_user(url)}."
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise InvalidInput(wrong) from error
        if address.scheme not in {"http", "https"} or not address.host or not is_port(address.port):
            raise InvalidInput(wrong)
        if not timeout > 0 or retries < 0 or concurrency < 1:
            raise InvalidInput("timeout must be more than 0, retries at least 0 and concurrency at least 1.")
        headers = {"Accept": "application/json"}
        if api_key:
            if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
                raise InvalidInput("The API key may hold only letters, digits and signs of ASCII, without a space.")
            headers["Authorization"] = f"Bearer {api_key}"
        # Without a name and password that may stand in it.
        self.address = f"{address.scheme}://{address.netloc.decode()}{address.path.rstrip('/')}"
        self._transport = Transport(self.address, timeout, retries, concurrency, base_url=address, headers=headers)
        self._concurrency = concurrency
        self._conversions = asyncio.Semaphore(CONVERSIONS)
        self.converted = 0

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def classify(self, picture: Picture, *, similar: bool = False) -> Prediction:
        answer, upload = await self.post("/prediction", picture, params={"details": "true", **({"similar": "true"} if similar else {})})
        found = read(_json(answer), prediction)
        self.converted += upload.is_converted
        return found

    def classify_many(
        self, pictures: Iterable[Picture] | AsyncIterable[Picture], *, similar: bool = False
    ) -> AsyncGenerator[tuple[Picture, Prediction | RagamError], None]:
        check_are_pictures(pictures)
        return in_order(pictures, partial(self.classify, similar=similar), self._concurrency)

    async def explain(self, picture: Picture) -> Explanation:
        return read(_json((await self.post("/explanation", picture))[0]), explanation)

    async def explain_png(self, picture: Picture) -> bytes:
        answer, _ = await self.post("/explanation", picture, headers={"Accept": "image/png"}, most=MAX_PNG_BYTES)
        if answer.body is None or not answer.body.startswith(PNG):
            raise not_understood()
        return answer.body

    async def genres(self) -> tuple[Genre, ...]:
        return read(_json(_good(await self.get("/genres"))), genres)

    async def get(self, path: str, tell: Callable[[str], None] = lambda _: None) -> Answer:
        """The answer to a plain request, whatever it is."""
        return await self._transport.send("GET", path, most=MAX_ANSWER_BYTES, tell=tell)

    async def check(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Raises Unavailable where nothing answers or everything is refused, and InvalidInput where it is not Ragam that answers.

        `tell` is given a sentence when the first attempt fails.
        """
        try:
            answer = await self.get("/", tell)
        except ServiceFailed as error:
            raise Unavailable(str(error), error.error, error.status) from error
        if 300 <= answer.status < 400:
            where = re.sub("(?<=//)[^/?#]*@", "", answer.headers.get("Location", ""))
            raise InvalidInput(f"{self.address} redirects to {printable(where)}. Use that address.")
        if not is_envelope(_json(answer)):
            raise InvalidInput(f"{self.address} answers, but it is not Ragam. Use the address of its gateway.")
        above, _, last = self.address.rpartition("/")
        if answer.status == 404 and "://" in above:
            raise InvalidInput(f"Ragam answers, but has nothing at {self.address}. Give its address without /{printable(last)}.")
        if answer.status >= 400:
            told = error_of(answer.status, _json(answer))
            raise Unavailable(str(told), told.error, told.status)

    async def post(self, path: str, picture: Picture, *, most: int = MAX_ANSWER_BYTES, **parts: Any) -> tuple[Answer, Upload]:
        """The answer 200 to `picture` at `path`, and what was sent of it."""

        async def send(upload: Upload) -> Answer:
            # Names may be of any bytes on a disk, but are UTF-8 in a request.
            files = {FIELD: (os.fsencode(upload.name).decode("utf-8", "replace"), upload.data)}
            return _good(await self._transport.send("POST", path, most=most, size=len(upload.data), files=files, **parts))

        upload = await self._convert(upload_of, picture)
        try:
            return await send(upload), upload
        except RagamError as error:
            is_too_large = isinstance(error, PictureTooLarge)
            reduced = await self._convert(smaller, upload) if is_too_large else None
            if reduced:
                return await send(reduced), reduced
            if can_convert() or not (is_too_large or error.error == "format_unsupported"):
                raise
            raise type(error)(f"{error} {INSTALL}", error.error, error.status) from error

    async def _convert(self, convert: Callable[[Any], Any], picture: Any) -> Any:
        async with self._conversions:
            return await asyncio.to_thread(convert, picture)


def _good(answer: Answer) -> Answer:
    if answer.status != 200:
        error = error_of(answer.status, _json(answer))
        if isinstance(error, Busy):
            error.retry_after = retry_after(answer.headers.get("Retry-After", ""), datetime.now(UTC))
        raise error
    return answer


def _json(answer: Answer) -> dict[str, Any]:
    return parse(answer.body or b"")
