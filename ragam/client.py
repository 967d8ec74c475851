"""A gateway over HTTP: whether it answers, and what it says of a picture. Asks again where that helps."""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx

from ragam.convert import INSTALL, Upload, can_convert, upload_of
from ragam.errors import InvalidInput, RagamError, Unavailable
from ragam.files import require_regular
from ragam.results import Prediction, is_envelope, parse, prediction, printable, reason, word

FIELD = "image"
CONNECT_SECONDS = 10.0
# 200 genres are 20 kB. Answers are asked for uncompressed and read as they come, so that no server fills the memory.
MAX_ANSWER_BYTES = 1 << 20
# An attempt ends after the timeout and the time of an upload at this rate, so that a server that sends a byte a second ends too.
SLOWEST_UPLOAD = 50_000  # bytes a second
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
# Pictures that are converted at the same time: each may be some hundred megapixels in memory.
CONVERSIONS = min(4, os.cpu_count() or 1)
# A service that wants a longer pause takes no more pictures today.
LONGEST_RETRY_AFTER = 300.0

BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout)
# A picture changes nothing at the service, so it may be sent again where a connection was lost too.
LOST = (httpx.NetworkError, httpx.ConnectTimeout, httpx.RemoteProtocolError)


class Client:
    """The gateway at `url`, which may have a path. `timeout`: seconds to wait for an answer; `retries`: further attempts."""

    def __init__(self, url: str, api_key: str | None = None, timeout: float = 60.0, retries: int = 5, concurrency: int = 4) -> None:
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise InvalidInput(f"The address of the gateway cannot be used: {error}.") from error
        if address.scheme not in {"http", "https"} or not address.host or not 0 < (address.port or 80) < 65536:
            raise InvalidInput(f"The address of the gateway must be one such as http://127.0.0.1:5000, not {url}.")
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ragam"}
        if api_key:
            if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
                raise InvalidInput("The API key may hold only letters, digits and signs of ASCII, without a space.")
            headers["Authorization"] = f"Bearer {api_key}"
        wait = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS), pool=None)
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self._http = httpx.AsyncClient(base_url=address, headers=headers, timeout=wait, limits=limits)
        self._timeout, self._retries, self._concurrency = timeout, retries, concurrency
        self._conversions = asyncio.Semaphore(CONVERSIONS)
        self.converted = 0
        # Without a name and password that may stand in it.
        self._address = f"{address.scheme}://{address.netloc.decode()}{address.path.rstrip('/')}"

    async def aclose(self) -> None:
        await self._http.aclose()

    async def check(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Raises Unavailable where nothing answers or everything is refused, and InvalidInput where it is not Ragam that answers.

        `tell` is given a sentence when the first attempt fails.
        """
        response, answer = await self._send(None, tell)
        if response.is_redirect:
            raise InvalidInput(f"{self._address} redirects to {printable(response.headers.get('Location', ''))}. Use that address.")
        if not is_envelope(answer):
            raise InvalidInput(f"{self._address} answers, but it is not Ragam. Use the address of its gateway.")
        if not response.is_success:
            raise Unavailable(reason(response.status_code, answer))

    async def classify(self, file: str) -> Prediction:
        """Of a JPEG made of `file` where the service would not take the file itself; `converted` counts those.

        Raises RagamError where there is no prediction for `file`, and Unavailable where there would be none for any other.
        """
        upload = await self._prepare(Path(file))
        response, answer = await self._send(upload)
        if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and upload.data is None and can_convert():
            smaller = await self._prepare(Path(file), reduce=True)
            if smaller.data is not None:
                upload = smaller
                response, answer = await self._send(upload)
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Unavailable(reason(response.status_code, answer))
        if response.status_code != HTTPStatus.OK:
            told = reason(response.status_code, answer)
            is_helped = response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or word(answer) == "format_unsupported"
            raise RagamError(f"{told} {INSTALL}" if is_helped and not can_convert() else told)
        found = prediction(answer)
        self.converted += upload.data is not None
        return found

    async def _prepare(self, file: Path, *, reduce: bool = False) -> Upload:
        try:
            async with self._conversions:
                return await asyncio.to_thread(upload_of, file, reduce=reduce)
        except OSError as error:
            raise _cannot_be_read(error) from error

    async def classify_many(self, files: Iterable[str]) -> AsyncGenerator[tuple[str, Prediction | RagamError], None]:
        """What `classify` returns or raises for each of `files`, as it comes, while at most `concurrency` are under way.

        After Unavailable no other picture is begun, and those under way are finished. Close the generator to stop earlier.
        """

        async def outcome(file: str) -> tuple[str, Prediction | RagamError]:
            try:
                return file, await self.classify(file)
            except RagamError as error:
                return file, error

        waiting = iter(files)
        running = {asyncio.ensure_future(outcome(file)) for file in islice(waiting, self._concurrency)}
        try:
            while running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                outcomes = [task.result() for task in done]
                if any(isinstance(found, Unavailable) for _, found in outcomes):
                    waiting = iter(())
                # Before they are handed out: their reader may be slow.
                running |= {asyncio.ensure_future(outcome(file)) for file in islice(waiting, len(done))}
                for entry in outcomes:
                    yield entry
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _send(self, upload: Upload | None, tell: Callable[[str], None] = lambda _: None) -> tuple[httpx.Response, dict[str, Any]]:
        """The answer to the picture `upload`, or to a plain request; sent again where the connection is lost, or for 429 and 503."""
        for attempt in count():
            pause = 0.0
            try:
                response, answer = await self._attempt(upload)
                pause = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
                if response.status_code not in BUSY or attempt >= self._retries or pause > LONGEST_RETRY_AFTER:
                    return response, answer
            except httpx.HTTPError as error:
                if not isinstance(error, LOST) or attempt >= self._retries:
                    raise self._failure(error, is_picture=upload is not None) from error
            except OSError as error:
                raise _cannot_be_read(error) from error
            if attempt == 0:
                tell(f"{self._address} does not answer yet, trying again.")
            await asyncio.sleep(wait_seconds(attempt, pause))
        raise AssertionError("count() has no end")

    async def _attempt(self, upload: Upload | None) -> tuple[httpx.Response, dict[str, Any]]:
        with ExitStack() as stack:
            request, seconds = self._http.build_request("GET", "/"), self._timeout
            if upload:
                size = require_regular(upload.file) if upload.data is None else len(upload.data)
                content = stack.enter_context(upload.file.open("rb")) if upload.data is None else upload.data
                # Names may be of any bytes on a disk, but are UTF-8 in a request.
                part = (os.fsencode(upload.name).decode("utf-8", "replace"), content)
                request = self._http.build_request("POST", "/prediction", params={"details": "true"}, files={FIELD: part})
                seconds += size / SLOWEST_UPLOAD
            try:
                async with asyncio.timeout(seconds):
                    response = await self._http.send(request, stream=True)
                    try:
                        body = b""
                        async for chunk in response.aiter_raw():
                            body += chunk
                            if len(body) > MAX_ANSWER_BYTES:
                                return response, {}
                        return response, parse(body)
                    finally:
                        await response.aclose()
            except TimeoutError as error:
                raise httpx.ReadTimeout("") from error

    def _failure(self, error: httpx.HTTPError, *, is_picture: bool) -> RagamError:
        if isinstance(error, UNREACHABLE):
            return Unavailable(f"There is no connection to {self._address} ({printable(str(error)) or 'none in time'}).")
        kind = RagamError if is_picture else Unavailable
        if isinstance(error, httpx.TimeoutException):
            return kind(f"{self._address} did not answer in time. A longer timeout allows more.")
        if isinstance(error, LOST):
            return kind(f"The connection to {self._address} was lost.")
        return kind(f"The request to {self._address} failed: {printable(str(error))}.")


def _cannot_be_read(error: OSError) -> RagamError:
    return RagamError(f"The file cannot be read: {error.strerror or error}.")


def wait_seconds(attempt: int, pause: float = 0.0) -> float:
    """Before the attempt after `attempt` (from 0): at least the `pause`, and by chance longer, so that clients that were refused spread."""
    backoff = min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt)
    return max(pause, backoff / 2) + random.random() * backoff / 2  # noqa: S311 - no secret


def retry_after(header: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, given as a number or as a date; 0 where it says nothing."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        # A number of any length; beyond the longest pause all are the same.
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())
    except (ValueError, OverflowError):
        return 0.0
