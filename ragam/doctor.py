"""What stands between here and a gateway, and what it says of itself."""

import re
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import perf_counter
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ragam.aio import AsyncClient
from ragam.errors import RagamError
from ragam.results import error_of, parse, prediction, read
from ragam.transport import Answer, without_user

# A server's Date has whole seconds.
CLOCK_SECONDS = 2.0


async def examine(client: AsyncClient, tell: Callable[[str], None]) -> bool:
    """Tells a line on each point; returns whether pictures get answers."""
    tell(f"address: {client.address}")
    tell(f"proxy of this machine: {_proxy(client.address)}")
    begun = perf_counter()
    await client.check()
    tell(f"answers: as Ragam, in {1000 * (perf_counter() - begun):.0f} ms")
    for path, what in (("/healthz", "gateway"), ("/readyz", "model")):
        answer = await client.get(path)
        tell(f"{what}: {_readiness(answer)}")
        if path == "/healthz":
            tell(f"on the way: {_on_the_way(answer)}")
            tell(f"clock: {_clock(answer.headers.get('Date', ''))}")
    description = ((await client.get("/openapi.yaml")).body or b"").decode("utf-8", "replace")
    version = re.search(r"^  version: (\S{1,40})$", description, re.MULTILINE)
    tell(f"interface: {version[1] if version else 'not described'}")
    try:
        begun = perf_counter()
        answer, _ = await client.post("/prediction", _gray_png(), params={"details": "true"})
        found = read(parse(answer.body or b""), prediction)
        tell(f"picture: answered in {1000 * (perf_counter() - begun):.0f} ms by {found.model.name} version {found.model.version}")
        tell(f"genres: {', '.join(sorted(found.scores))}")
    except RagamError as error:
        tell(f"picture: {error}")
        return False
    policy, left = answer.headers.get("RateLimit-Policy", ""), answer.headers.get("RateLimit", "")
    tell(f"rate limit: {f'{policy[:200]}, now {left[:200]}' if policy else 'none told'}")
    return True


def _readiness(answer: Answer) -> str:
    if answer.status == 200:
        return "ready"
    # Proxies hide these two paths, as docs/operations.md has it.
    hidden = answer.status in {403, 404}
    return "not shown at this address" if hidden else str(error_of(answer.status, parse(answer.body or b"")))


def _on_the_way(answer: Answer) -> str:
    """What has named itself. Ragam sends neither header."""
    named = [f"{name} {answer.headers[name][:200]}" for name in ("Via", "Server") if name in answer.headers]
    return ", ".join(named) or "nothing that names itself"


def _proxy(address: str) -> str:
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme) or getproxies().get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return "none"
    return f"{re.sub(r'^[a-z0-9]+://|(:[0-9]+)?/*$', '', without_user(proxy))}, from the environment"


def _clock(date: str) -> str:
    try:
        ahead = (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return "the service tells no time"
    return "the same" if abs(ahead) <= CLOCK_SECONDS else f"the service's is {abs(ahead):,.0f} s {'ahead' if ahead > 0 else 'behind'}"


def _gray_png() -> bytes:
    rows = (b"\0" + b"\x80" * 64) * 64
    parts = ((b"IHDR", struct.pack(">2I5B", 64, 64, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
