"""The lines of the log: JSON, or short ones in a terminal."""

import json
import logging
import subprocess
import sys
from io import BytesIO
from types import SimpleNamespace

import pytest

from gateway.telemetry.access_log import REQUEST_ID_HEADER
from gateway.telemetry.logs import JsonFormatter, TerminalFormatter, config, formatter, is_for_people

# In a process of its own, for dictConfig closes every handler of the process that it runs in.
SCRIPT = """
import logging.config
from gateway.telemetry.logs import config
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


def test_a_terminal_gets_no_probes_and_colours_where_it_has_them_and_somebody_wants_them(monkeypatch):
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True))
    warning = logging.makeLogRecord({"msg": 'a "quoted"\nline', "levelno": logging.WARNING, "levelname": "WARNING"})
    for term, no_color, begin, end in (("xterm", "", "\x1b[33m", "\x1b[0m"), ("xterm", "1", "", ""), ("dumb", "", "", "")):
        monkeypatch.setenv("TERM", term)
        monkeypatch.setenv("NO_COLOR", no_color)
        assert formatter().format(warning).endswith(rf'{begin}warning a "quoted"\nline{end}'), term
    assert config("info")["handlers"]["stderr"]["filters"] == ["people"]
    assert [is_for_people(logging.makeLogRecord({"fields": {"path": path}})) for path in ("/readyz", "/")] == [False, True]


def in_terminal_format(**fields):
    record = logging.makeLogRecord({"msg": "request", "fields": {"method": "POST", "path": "/prediction", "total_ms": 26.71, **fields}})
    return TerminalFormatter(colours=False).format(record).partition(" ")[2]


def test_nothing_that_a_client_sends_ends_a_line_or_commands_a_terminal():
    path = "/\x9b31m\u2028\x85\u202e\x1b[2J"
    line = JsonFormatter().format(logging.makeLogRecord({"msg": "request", "fields": {"path": path}}))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == path
    assert (
        in_terminal_format(status=404, path=path, genre="Realism", request_id="a" * 32)
        == r"404 POST /\x9b31m\u2028\x85\u202e\x1b[2J 27 ms Realism"
    )
    with pytest.raises(ValueError, match="2J") as caught:
        raise ValueError("\x1b[2J")
    raised = (caught.type, caught.value, caught.tb)
    record = logging.makeLogRecord({"msg": "no\x1b", "levelno": logging.ERROR, "levelname": "ERROR", "exc_info": raised})
    text = TerminalFormatter(colours=False).format(record)
    assert "\x1b" not in text
    assert text.splitlines()[-1] == r"ValueError: \x1b[2J"


def fields(caplog, logger="ragam.access"):
    return [record.fields for record in caplog.records if record.name == logger]


def test_one_line_a_prediction_with_what_an_operator_asks(client, picture, caplog):
    caplog.set_level(logging.INFO)
    data = picture()
    answer = client.post("/prediction", data={"image": (BytesIO(data), "a.jpg")}, headers={REQUEST_ID_HEADER: "trace-1.a_B"})
    [line] = fields(caplog)
    assert answer.headers[REQUEST_ID_HEADER] == line["request_id"] == "trace-1.a_B"
    assert (line["method"], line["path"], line["status"], line["bytes"], line["version"]) == ("POST", "/prediction", 200, len(data), 3)
    assert line["genre"] == answer.json["data"]["image_types_prediction"]
    assert 0 < line["decode_ms"] + line["predict_ms"] <= line["total_ms"]
    assert "trace_id" not in line


@pytest.mark.parametrize("sent", ["", "a b", 'a"b', "x" * 65, "../é"])
def test_an_id_that_is_not_sane_is_replaced(client, sent):
    named = client.get("/", headers={REQUEST_ID_HEADER: sent}).headers[REQUEST_ID_HEADER]
    assert (named != sent, len(named)) == (True, 32)


def test_failures_are_logged_with_their_words_and_what_is_unexpected_with_its_traceback(client, classifier, picture, caplog):
    caplog.set_level(logging.INFO)
    assert client.get("/nowhere").status_code == 404
    classifier.error = RuntimeError("the reason")
    client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")})
    assert [(line["status"], line["error"]) for line in fields(caplog)] == [(404, "address_unknown"), (500, "internal")]
    [record] = [record for record in caplog.records if record.name == "ragam.app"]
    assert "RuntimeError: the reason" in json.loads(JsonFormatter().format(record))["traceback"]
