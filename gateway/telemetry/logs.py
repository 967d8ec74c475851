"""Lines on standard error, from the gateway, from gunicorn and from the model server alike: short ones in a terminal, else JSON objects."""

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from typing import Any

# What is not plain ASCII may end a line, or command a terminal: what a client sends may hold it.
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")

_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

# ANSI: the codes that every terminal with colours has.
_FAINT, _RED, _GREEN, _YELLOW = 2, 31, 32, 33


class JsonFormatter(logging.Formatter):
    """time, level, logger, message, whatever the call passes as `extra={"fields": {...}}`, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        # In ASCII: what a client sends may have characters that end a line, or that a terminal obeys.
        return json.dumps(entry, ensure_ascii=True, default=str)


class TerminalFormatter(logging.Formatter):
    """For a person: the time, and what a request asked and was answered, or the message. Of the fields only what tells requests apart."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        time = self._in(_FAINT, datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S"))
        if {"method", "path", "status"} <= fields.keys():
            return f"{time} {self._request(fields)}"
        level, message = record.levelname.lower(), _plain(record.getMessage())
        if record.levelno >= logging.WARNING:
            message = self._in(_RED if record.levelno >= logging.ERROR else _YELLOW, f"{level} {message}")
        lines = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return "\n".join([f"{time} {message}", *map(_plain, lines)])

    def _request(self, fields: dict[str, Any]) -> str:
        status = int(fields["status"])
        colour = _GREEN if status < 400 else _YELLOW if status < 500 else _RED
        parts = [self._in(colour, str(status)), _plain(fields["method"]), _plain(fields["path"])]
        if "total_ms" in fields:
            parts.append(f"{fields['total_ms']:.0f} ms")
        parts.extend(_plain(fields[name]) for name in ("genre", "key", "reason") if fields.get(name))
        return " ".join(parts)

    def _in(self, colour: int, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text


def _plain(text: object) -> str:
    return _NOT_PLAIN.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def is_for_people(record: logging.LogRecord) -> bool:
    """Whether somebody at a terminal wants it: not the probes, which machines send every few seconds, and make serve until it is ready."""
    return getattr(record, "fields", {}).get("path") not in _PROBES


def formatter() -> logging.Formatter:
    """The one for this process's standard error."""
    if not sys.stderr.isatty():
        return JsonFormatter()
    return TerminalFormatter(colours=not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb")


def config(level: str) -> dict[str, Any]:
    """For logging.config.dictConfig, which is what gunicorn's logconfig_dict goes to."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"people": {"()": lambda: is_for_people}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["people"] if sys.stderr.isatty() else []}
        },
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level.upper(), "handlers": ["stderr"], "propagate": False},
            # It warns of what callers send, which gets an answer.
            "python_multipart": {"level": "ERROR"},
            # access_log.py writes the line of a request; gunicorn's would be a second one that knows less.
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
