"""Who may send: with API keys set, every request but GET, HEAD and OPTIONS needs one.

Keys stand in a file by their SHA-256, one a line with its owner's name. The command that makes a key:

    python -m gateway.auth.keys NAME >> api_keys

It prints the line for the file on standard output, and the key itself, which is stored nowhere, on standard error.
"""

import contextlib
import hashlib
import hmac
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

OPEN_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# By its prefix a scanner for leaked secrets can tell a key. 256 random bits need no slow hash.
KEY_PREFIX = "ragam_"
_LINE = re.compile(r"([0-9a-fA-F]{64})\s+(\S+)")
_NAME = re.compile(r"[A-Za-z0-9._@][A-Za-z0-9._@-]{0,63}")

# A file that was not changed for so long is whole: one that is rewritten in place is empty or half written for a moment.
SETTLE_SECONDS = 2.0

# Editors on Windows begin a file with it, and files that were joined have it inside.
_BYTE_ORDER_MARK = "\ufeff"

logger = logging.getLogger("ragam.keys")


def read_keys(path: Path) -> dict[bytes, str]:
    """The name of each key, by its SHA-256. Raises OSError, and ValueError with the number of a line that cannot be used."""
    if not path.is_file():
        # A pipe would wait for its other end for ever, and with it every request.
        raise OSError(f"{path} is no file")
    keys = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").replace(_BYTE_ORDER_MARK, "").splitlines(), start=1):
        line = text.partition("#")[0].strip()
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} is not the SHA-256 of a key in hexadecimal and a name")
        keys[bytes.fromhex(match[1])] = match[2]
    return keys


def sent_key(environ: dict[str, Any]) -> str:
    """The key in Authorization: Bearer KEY or X-API-Key: KEY, empty where there is none."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(token).strip()
    return str(environ.get("HTTP_X_API_KEY", "")).strip()


class Keys:
    """The keys in the file at `path`, read again when the file changes.

    A key that was added is known at once. One that was removed is known until the file has not changed for SETTLE_SECONDS, for before
    that it may be half written. If it cannot be read then, the keys from before stay.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises as read_keys."""
        self._path = path
        self._clock = clock
        self._lock = Lock()
        self._seen = self._state()
        self._settles_at: float | None = None
        self._keys = read_keys(path)

    def name_of(self, key: str) -> str | None:
        """The owner of `key`, or None for an unknown one. Takes as long for any key."""
        digest = hashlib.sha256(key.encode()).digest()
        name = None
        for known, owner in self._current().items():
            if hmac.compare_digest(known, digest):
                name = owner
        return name

    def _current(self) -> dict[bytes, str]:
        with self._lock:
            state, now = self._state(), self._clock()
            if state != self._seen:
                # A process without requests for a while sees a change late: the file's own time tells that it is whole.
                self._seen, self._settles_at = state, now if _age(state) >= SETTLE_SECONDS else now + SETTLE_SECONDS
                if now < self._settles_at:
                    with contextlib.suppress(OSError, ValueError):
                        self._keys = {**read_keys(self._path), **self._keys}
            if self._settles_at is not None and now >= self._settles_at:
                self._settles_at = None
                try:
                    self._keys = read_keys(self._path)
                    logger.info("%d API keys read again", len(self._keys))
                except (OSError, ValueError) as error:
                    logger.warning("the API keys cannot be read again, those from before stay: %s", error)
            return self._keys

    def _state(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


def _age(state: tuple[int, int, int] | None) -> float:
    """Seconds since the file was written to, 0 for none."""
    return time.time() - state[2] / 1e9 if state else 0.0


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or not _NAME.fullmatch(arguments[0]):
        sys.exit("Say whose key it is: python -m gateway.auth.keys NAME, of letters, digits and . _ @ -, which do not begin with -")
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    sys.stdout.write(f"{hashlib.sha256(key.encode()).hexdigest()} {arguments[0]}\n")
    sys.stderr.write(f"The key of {arguments[0]}, shown only now: {key}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
