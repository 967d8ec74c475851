import contextlib
import json
import logging
import os
import pty
import subprocess
import sys

import pytest

from gateway.telemetry.logs import JsonFormatter, TerminalFormatter

# In a process of its own, for dictConfig closes every handler of the process that it runs in.
SCRIPT = """
import logging.config
import sys
from gateway.telemetry.logs import config
logging.config.dictConfig(config("info"))
logging.getLogger("gunicorn.error").info("Listening at: %s", "x")
logging.getLogger("ragam.app").warning('a "quoted"\\nline', extra={"fields": {"status": 502}})
logging.getLogger("gunicorn.access").info("not twice")
logging.getLogger("ragam.app").debug("too fine")
if sys.stderr.isatty():
    fields = {"method": "GET", "path": "/readyz", "status": 503}
    logging.getLogger("ragam.access").info("request", extra={"fields": fields})
"""


def test_every_logger_writes_json_on_standard_error():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["logger"], line["level"], line["message"]) for line in lines] == [
        ("gunicorn.error", "info", "Listening at: x"),
        ("ragam.app", "warning", 'a "quoted"\nline'),
    ]
    assert lines[1]["status"] == 502
    assert not done.stdout


def test_nothing_that_a_client_sends_ends_a_line_or_commands_a_terminal():
    path = "/\x9b31m\u2028\x85\u202e"
    line = JsonFormatter().format(logging.makeLogRecord({"msg": "request", "fields": {"path": path}}))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == path


def in_a_terminal(**environ):
    """What SCRIPT writes where standard error is a terminal."""
    ours, its = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TERM"}}
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=its, env={**clean, **environ}) as process:
        os.close(its)
        process.wait()
    text = b""
    # At its end Linux says EIO.
    with contextlib.suppress(OSError):
        while read := os.read(ours, 4096):
            text += read
    os.close(ours)
    return text.decode().replace("\r\n", "\n").splitlines()


def test_a_terminal_gets_short_lines_and_colours_where_it_has_them():
    lines = in_a_terminal(TERM="xterm")
    assert len(lines) == 2
    assert lines[0].endswith("\x1b[0m Listening at: x")
    assert '\x1b[33mwarning a "quoted"\\nline\x1b[0m' in lines[1]


def test_no_colours_where_nobody_wants_them():
    for environ in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        assert not any("\x1b" in line for line in in_a_terminal(**environ))


def request(**fields):
    record = logging.makeLogRecord({"msg": "request", "fields": {"method": "POST", "path": "/prediction", "total_ms": 26.71, **fields}})
    return TerminalFormatter(colours=False).format(record).partition(" ")[2]


def test_a_request_is_one_short_line():
    assert request(status=200, genre="Realism", request_id="a" * 32, bytes=123, decode_ms=3.2) == "200 POST /prediction 27 ms Realism"
    assert request(status=503) == "503 POST /prediction 27 ms"


def test_a_terminal_too_is_commanded_by_nobody():
    assert request(status=404, path="/\x9b31m\u2028\x85\x7f\x1b[2J") == r"404 POST /\x9b31m\u2028\x85\x7f\x1b[2J 27 ms"
    with pytest.raises(ValueError, match="2J") as caught:
        raise ValueError("\x1b[2J")
    raised = (caught.type, caught.value, caught.tb)
    record = logging.makeLogRecord({"msg": "no\x1b", "levelno": logging.ERROR, "levelname": "ERROR", "exc_info": raised})
    text = TerminalFormatter(colours=False).format(record)
    assert "\x1b" not in text
    assert text.splitlines()[-1] == r"ValueError: \x1b[2J"
