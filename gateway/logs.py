"""One JSON object a line on standard error, from the gateway and from gunicorn alike."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


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


def config(level: str) -> dict[str, Any]:
    """For logging.config.dictConfig, which is what gunicorn's logconfig_dict goes to."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level.upper(), "handlers": ["stderr"], "propagate": False},
            # It warns of what callers send, which gets an answer.
            "python_multipart": {"level": "ERROR"},
            # access.py writes the line of a request; gunicorn's would be a second one that knows less.
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
