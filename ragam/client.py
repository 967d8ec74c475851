"""The service from outside: whether it is Ragam, and what it says of a picture. Asks again where that helps."""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from pathlib import Path

import httpx

from ragam.envelope import NotUnderstood, complaint, is_envelope, prediction
from ragam.errors import Mistake, NoService
from ragam.patience import Patience, pause_of
from ragam.results import Answer

FIELD = "image"
CONNECT_SECONDS = 10.0

BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
AWAY = (httpx.ConnectError, httpx.ConnectTimeout)
# A picture changes nothing at the other end, so it may be sent again where a connection broke off too.
LOST = (*AWAY, httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)


def connection(url: str, key: str, seconds: float, concurrency: int) -> httpx.AsyncClient:
    """To the gateway at `url`, which may have a path; `seconds` is the longest wait for an answer. Raises Mistake."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Mistake(f"--url is no address that can be used: {error}.") from error
    if address.scheme not in {"http", "https"} or not address.host or not 0 < (address.port or 80) < 65536:
        raise Mistake(f"--url must be an address such as http://127.0.0.1:5000, not {url}.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Mistake("The API key may hold only letters, digits and signs of ASCII, without a space.")
    headers = {"Accept": "application/json", "User-Agent": "ragam-classify"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return httpx.AsyncClient(
        base_url=address,
        headers=headers,
        timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS), pool=None),
        limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
    )


class Service:
    """What `http` leads to. `tell` hears when the first attempt to reach it fails."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        patience: Patience,
        tell: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http, self._patience, self._tell, self._sleep = http, patience, tell, sleep
        url = http.base_url
        # Without a name and password that may stand in it.
        self._address = f"{url.scheme}://{url.netloc.decode()}{url.path.rstrip('/')}"

    async def check(self) -> None:
        """Raises NoService where nobody answers or everything is refused, and Mistake where it is not Ragam that answers."""
        told = False

        def tell_once() -> None:
            nonlocal told
            if not told:
                self._tell(f"{self._address} does not answer yet, trying again.")
            told = True

        try:
            response = await self._insist(lambda: self._http.get("/"), tell_once)
        except httpx.HTTPError as error:
            raise NoService(self._failure(error)) from error
        if response.is_redirect:
            raise Mistake(f"{self._address} sends on to {response.headers.get('Location')}. Give that address with --url.")
        if not is_envelope(response):
            raise Mistake(f"{self._address} answers, but not as Ragam does. Give the address of its gateway with --url.")
        if not response.is_success:
            raise NoService(complaint(response))

    async def ask(self, file: str) -> Answer:
        """Never raises for what is wrong with the file or the answer: the reason is in the answer's `error`."""
        try:
            response = await self._insist(lambda: self._post(file))
        except OSError as error:
            return Answer(file, error=f"The file cannot be read: {error.strerror or error}.")
        except httpx.HTTPError as error:
            return Answer(file, error=self._failure(error), is_last=isinstance(error, AWAY))
        if response.status_code != HTTPStatus.OK:
            return Answer(file, error=complaint(response), is_last=response.status_code in REFUSED)
        try:
            return Answer(file, prediction(response))
        except NotUnderstood:
            return Answer(file, error="The answer was not understood. It may come from another version of Ragam.")

    async def _post(self, file: str) -> httpx.Response:
        path = Path(file)
        if not stat.S_ISREG(path.stat().st_mode):
            # Opening a named pipe would wait for its other end for ever.
            raise OSError(f"it is a {'folder' if path.is_dir() else 'device or pipe'}")
        # Names may be of any bytes on a disk, but are UTF-8 in a request.
        name = os.fsencode(path.name).decode("utf-8", "replace")
        with path.open("rb") as picture:
            return await self._http.post("/prediction", params={"details": "true"}, files={FIELD: (name, picture)})

    async def _insist(self, request: Callable[[], Awaitable[httpx.Response]], on_wait: Callable[[], None] = lambda: None) -> httpx.Response:
        """The answer to `request`, which is repeated while it is refused, broken off, or answered with 429 or 503."""
        for attempt in count():
            try:
                response = await request()
            except LOST:
                wait = self._patience.seconds(attempt)
                if wait is None:
                    raise
            else:
                pause = pause_of(response.headers.get("Retry-After", ""), datetime.now(UTC))
                wait = self._patience.seconds(attempt, pause) if response.status_code in BUSY else None
                if wait is None:
                    return response
            on_wait()
            await self._sleep(wait)
        raise AssertionError("count() has no end")

    def _failure(self, error: httpx.HTTPError) -> str:
        if isinstance(error, AWAY):
            return f"Nobody answers at {self._address} ({str(error) or 'no connection in time'})."
        if isinstance(error, httpx.TimeoutException):
            return f"{self._address} did not answer in time. --timeout allows more."
        if isinstance(error, LOST):
            return f"The connection to {self._address} broke off."
        return f"{self._address} could not be asked: {error}."
