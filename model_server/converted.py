"""Models in LiteRT's form, made by `python -m model_server.conversion` once and kept outside of the model repository.

A version directory never changes and may be read-only; a file here is named by the content that it was made of, so it is never stale.
"""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from model_server.conversion import MODEL_FILE, REFUSED

log = logging.getLogger(__name__)

_SAVED_MODEL = "saved_model.pb"
_PATIENCE_S = 300
_KEPT = 4
_REFUSAL = ".refused"


class Unconverted(Exception):
    """Why there is no model in LiteRT's form; a sentence."""


def converted(path: Path, cache: Path) -> Path:
    """A file with the version directory's model in LiteRT's form, which was seen to answer as the SavedModel does. Raises Unconverted."""
    try:
        file = cache / f"{_digest(path)}.tflite"
        if file.is_file():
            file.touch()
            return file
        if (refusal := file.with_suffix(_REFUSAL)).is_file():
            raise Unconverted(refusal.read_text(encoding="utf-8"))
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if cache.stat().st_uid != os.getuid():
            raise Unconverted(f"{cache} belongs to another user.")
        _make(path, file)
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


def _digest(path: Path) -> str:
    digest = hashlib.sha256(f"tensorflow {version('tensorflow')}, LiteRT {version('ai-edge-litert')}".encode())
    for file in (path / _SAVED_MODEL, path / MODEL_FILE, *sorted((path / "variables").glob("*"))):
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"\n{file.name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:32]


def _make(path: Path, file: Path) -> None:
    part = file.with_suffix(f".{os.getpid()}")
    began = time.monotonic()
    try:
        # In a session of its own: a terminal's Ctrl-C is for the server, which would take the child's end for a refusal.
        made = subprocess.run(  # noqa: S603 this package's own module
            [sys.executable, "-m", "model_server.conversion", str(path), str(part)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
            start_new_session=True,
            cwd=Path(__file__).resolve().parents[1],
        )
        if made.returncode == REFUSED:
            reason = made.stderr.strip().splitlines()[-1]
            file.with_suffix(_REFUSAL).write_text(reason, encoding="utf-8")
            raise Unconverted(reason)
        if made.returncode != 0:
            log.debug("the conversion said: %s", made.stderr)
            raise Unconverted(f"its conversion ended with exit code {made.returncode}.")
        part.rename(file)
    except subprocess.TimeoutExpired as error:
        raise Unconverted(f"its conversion took more than {_PATIENCE_S} seconds.") from error
    finally:
        part.unlink(missing_ok=True)
    log.info("converted for LiteRT in %.1f s, values differ by at most %s", time.monotonic() - began, made.stdout.split()[-1])


def _forget_old(cache: Path) -> None:
    newest_first = sorted(cache.glob("*.tflite"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in newest_first[_KEPT:]:
        file.unlink(missing_ok=True)
