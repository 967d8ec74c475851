"""A request over HTTP and its answer, within bounds of memory and time whatever the server does; asked again where that helps."""

import asyncio
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import httpx

from ragam.errors import ClientClosed, InvalidInput, ServiceFailed, Unavailable
from ragam.results import printable

CONNECT_SECONDS = 10.0
# An attempt ends after the timeout and the time of its bytes at this rate, so that a server that sends a byte a second ends too.
SLOWEST = 50_000  # bytes a second
# What is sent again, and when, is the rule in docs/interface.md.
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
LONGEST_RETRY_AFTER = 300.0
BUSY = {429, 503}
UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout)
LOST = (httpx.NetworkError, httpx.ConnectTimeout, httpx.RemoteProtocolError)
CLOSED = "The client is closed. Make a new one, or close it later."


@dataclass(frozen=True)
class Answer:
    """body: None where it has more bytes than were to be read."""

    status: int
    headers: httpx.Headers
    body: bytes | None


class Transport:
    """`where` names the server in sentences. `retries`: further attempts after 429, 503 and lost connections."""

    def __init__(self, where: str, timeout: float, retries: int, connections: int = 1, **options: Any) -> None:
        wait = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS), pool=None)
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        # Uncompressed, so that no few bytes become many.
        headers = {"Accept-Encoding": "identity", "User-Agent": "ragam", **options.pop("headers", {})}
        try:
            self._http = httpx.AsyncClient(timeout=wait, limits=limits, headers=headers, **options)
        except (httpx.InvalidURL, ValueError, ImportError) as error:
            # Without its address, in which a password may stand.
            raise InvalidInput("The proxy that the environment names (HTTP_PROXY and the like) cannot be used.") from error
        self._where, self._timeout, self._retries = where, timeout, retries

    async def aclose(self) -> None:
        await self._http.aclose()

    async def send(
        self, method: str, url: str, *, most: int, size: int = 0, tell: Callable[[str], None] = lambda _: None, **parts: Any
    ) -> Answer:
        """The answer, of which at most `most` bytes are read, to `parts` of `size` bytes. `tell` gets a sentence when the first try fails.

        Raises Unavailable where there is no connection, ServiceFailed where one was lost or the time is over, InvalidInput for the `url`.
        """
        if self._http.is_closed:
            raise ClientClosed(CLOSED)
        for attempt in count():
            pause = 0.0
            try:
                answer = await self._attempt(self._request(method, url, **parts), most, self._timeout + size / SLOWEST)
                pause = retry_after(answer.headers.get("Retry-After", ""), datetime.now(UTC))
                if answer.status not in BUSY or attempt >= self._retries or pause > LONGEST_RETRY_AFTER:
                    return answer
            except (httpx.InvalidURL, ValueError, OverflowError, ExceptionGroup) as error:
                # Sooner or later httpx, its tasks that connect or the system's own calls refuse an address in ways of their own. Without
                # what they say: of an address that is wrongly written they may take the password for the port.
                raise InvalidInput("The address cannot be used: it is not one such as https://museum.example/painting.jpg.") from error
            except httpx.HTTPError as error:
                if not isinstance(error, LOST) or attempt >= self._retries or _of_tls(error):
                    raise self._failure(error) from error
            if attempt == 0:
                tell(f"{self._where} does not answer yet, trying again.")
            await asyncio.sleep(wait_seconds(attempt, pause))
        raise AssertionError("count() has no end")

    def _request(self, method: str, url: str, **parts: Any) -> httpx.Request:
        request = self._http.build_request(method, url, **parts)
        if not is_port(request.url.port):
            raise httpx.InvalidURL("There is no such port.")
        return request

    async def _attempt(self, request: httpx.Request, most: int, seconds: float) -> Answer:
        # A jar of cookies would grow by what each answer puts into it.
        self._http.cookies.clear()
        try:
            async with asyncio.timeout(seconds):
                response = await self._http.send(request, stream=True)
                try:
                    body = bytearray()
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > most:
                            return Answer(response.status_code, response.headers, None)
                    return Answer(response.status_code, response.headers, bytes(body))
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise httpx.ReadTimeout("") from error

    def _failure(self, error: httpx.HTTPError) -> InvalidInput | ServiceFailed | Unavailable:
        tls = _of_tls(error)
        if isinstance(tls, ssl.SSLCertVerificationError):
            return Unavailable(f"The certificate of {self._where} is not trusted here: {printable(tls.verify_message)}.")
        if tls:
            hint = f"It may speak plain HTTP: try the address with http:// ({printable(tls.reason or 'TLS failed')})."
            # Who refuses by TLS, or hangs up, may be the service; what answers otherwise is not, at the address as it was typed.
            is_away = isinstance(tls, ssl.SSLEOFError) or "ALERT" in (tls.reason or "")
            return (Unavailable if is_away else InvalidInput)(f"There is no HTTPS at {self._where}. {hint}")
        if isinstance(error, UNREACHABLE):
            return Unavailable(f"There is no connection to {self._where} ({printable(str(error)) or 'none in time'}).")
        if isinstance(error, httpx.TimeoutException):
            return ServiceFailed(f"{self._where} did not answer in time. A longer timeout allows more.", "timeout")
        if isinstance(error, LOST):
            return ServiceFailed(f"The connection to {self._where} was lost.", "network")
        return ServiceFailed(f"The request to {self._where} failed: {printable(str(error))}", "network")


def is_port(port: int | None) -> bool:
    """Whether an address with this port, None for its scheme's own, can be asked."""
    return port is None or 0 < port < 65536


def without_user(address: str) -> str:
    """`address` without the name and password that may stand before its host, however it is written: what follows the last @."""
    return address.rpartition("@")[2]


def _of_tls(error: BaseException) -> ssl.SSLError | None:
    """The error of TLS behind `error`."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause


def wait_seconds(attempt: int, pause: float = 0.0) -> float:
    """Before the attempt after `attempt` (from 0): the `pause`, or without one twice as long each time; by chance up to half more."""
    least = pause or min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt)
    return least * (1 + random.random() / 2)  # noqa: S311 - no secret


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
