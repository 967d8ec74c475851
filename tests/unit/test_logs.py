import json
import logging
import subprocess
import sys

from gateway.logs import JsonFormatter

# In a process of its own, for dictConfig closes every handler of the process that it runs in.
SCRIPT = """
import logging.config
from gateway.logs import config
logging.config.dictConfig(config("info"))
logging.getLogger("gunicorn.error").info("Listening at: %s", "x")
logging.getLogger("ragam.app").warning('a "quoted"\\nline', extra={"fields": {"status": 502}})
logging.getLogger("gunicorn.access").info("not twice")
logging.getLogger("ragam.app").debug("too fine")
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
