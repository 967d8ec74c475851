"""Models in LiteRT's form, made by `python -m model_server.conversion` once and kept outside of the model repository.

A version directory never changes and may be read-only; a file here is named by the content that it was made of, so it is never stale.
What lies here is run, so it is taken only from a directory that nobody else can write to.
"""

import hashlib
import logging
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from model_server.conversion import MODEL_FILE, REFUSED

log = logging.getLogger(__name__)

_COMMAND = (sys.executable, "-m", "model_server.conversion")
_SAVED_MODEL = "saved_model.pb"
_PATIENCE_S = 300
_POLL_S = 0.1
_KEPT = 4
_REFUSAL = ".refused"
_UNFINISHED = ".part"


class Unconverted(Exception):
    """Why there is no model in LiteRT's form; a sentence."""


class Stopped(Exception):
    """The server is told to stop."""


def converted(path: Path, cache: Path, stopping: Callable[[], bool]) -> Path:
    """A file with the version directory's model in LiteRT's form, which was seen to answer as the SavedModel does.

    Raises Unconverted, and Stopped soon after `stopping` says so.
    """
    try:
        _own(cache)
        file = cache / f"{_digest(path)}.tflite"
        if file.is_file():
            # Where the cache is read-only, nothing is forgotten either.
            with suppress(OSError):
                file.touch()
            return file
        if (refusal := file.with_suffix(_REFUSAL)).is_file():
            raise Unconverted(refusal.read_text(encoding="utf-8"))
        _make(path, file, stopping)
        _forget_old(cache)
    except OSError as error:
        raise Unconverted(f"{cache} or the model cannot be used: {error.strerror}.") from error
    return file


def default_cache() -> Path:
    """Of this user alone: the usual folder for caches, or the temporary one for a user without a home, as in a container."""
    folder = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME") or "") + "/.cache"
    if any(os.access(place, os.W_OK) for place in (folder, Path(folder).parent)):
        return Path(folder) / "ragam"
    return Path(tempfile.gettempdir()) / f"ragam-{os.getuid()}"


def _own(cache: Path) -> None:
    """Makes it where it is not there. Raises Unconverted where somebody else could have written to it, as to a known name in /tmp."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = cache.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise Unconverted(f"{cache} is a link, not a directory.")
    if found.st_uid != os.getuid():
        raise Unconverted(f"{cache} belongs to another user.")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Unconverted(f"{cache} can be written to by other users.")


def _digest(path: Path) -> str:
    digest = hashlib.sha256(f"tensorflow {version('tensorflow')}, LiteRT {version('ai-edge-litert')}".encode())
    for file in (path / _SAVED_MODEL, path / MODEL_FILE, *sorted((path / "variables").glob("*"))):
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"\n{file.name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:32]


def _make(path: Path, file: Path, stopping: Callable[[], bool]) -> None:
    # A name of its own: two containers have the same process ids, and may share the cache.
    descriptor, name = tempfile.mkstemp(_UNFINISHED, f"{file.stem}.", file.parent)
    os.close(descriptor)
    part = Path(name)
    began = time.monotonic()
    try:
        code, said, complaint = _convert(path, part, stopping)
        if code == REFUSED:
            reason = complaint.strip().splitlines()[-1]
            part.write_text(reason, encoding="utf-8")
            _keep(part, file.with_suffix(_REFUSAL))
            raise Unconverted(reason)
        if code != 0:
            log.debug("the conversion said: %s", complaint)
            raise Unconverted(f"its conversion ended with exit code {code}.")
        _keep(part, file)
    finally:
        part.unlink(missing_ok=True)
    log.info("converted for LiteRT in %.1f s, values differ by at most %s", time.monotonic() - began, said.split()[-1])


def _convert(path: Path, out: Path, stopping: Callable[[], bool]) -> tuple[int, str, str]:
    """The exit status of the process that converts, its stdout and its stderr. It ends in here, whatever is raised."""
    end = time.monotonic() + _PATIENCE_S
    with subprocess.Popen(  # noqa: S603 this package's own module
        [*_COMMAND, str(path), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # In a session of its own: a terminal's Ctrl-C is for the server, which would take the child's end for a refusal.
        start_new_session=True,
        cwd=Path(__file__).resolve().parents[1],
    ) as child:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    said, complaint = child.communicate(timeout=_POLL_S)
                    return child.returncode, said, complaint
                if stopping():
                    raise Stopped
                if time.monotonic() > end:
                    raise Unconverted(f"its conversion took more than {_PATIENCE_S} seconds.")
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGKILL)


def _keep(part: Path, file: Path) -> None:
    """`part` under the name that it is found by: the whole of it or nothing, after a power failure too."""
    with part.open("rb") as content:
        os.fsync(content.fileno())
    part.replace(file)


def _forget_old(cache: Path) -> None:
    # Another server may forget the same at the same time.
    with suppress(FileNotFoundError):
        newest_first = sorted(cache.glob("*.tflite"), key=lambda file: file.stat().st_mtime, reverse=True)
        long_ago = time.time() - 2 * _PATIENCE_S
        killed = [part for part in cache.glob(f"*{_UNFINISHED}") if part.stat().st_mtime < long_ago]
        for file in newest_first[_KEPT:] + killed:
            file.unlink(missing_ok=True)
