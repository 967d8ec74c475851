import json
import logging.config

from gateway.logs import config


def test_every_logger_writes_json_on_standard_error(capsys):
    logging.config.dictConfig(config("info"))
    try:
        logging.getLogger("gunicorn.error").info("Listening at: %s", "x")
        logging.getLogger("ragam.app").warning('a "quoted"\nline', extra={"fields": {"status": 502}})
        logging.getLogger("gunicorn.access").info("not twice")
        logging.getLogger("ragam.app").debug("too fine")
    finally:
        logging.config.dictConfig({"version": 1, "root": {"handlers": [], "level": "WARNING"}})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["logger"], line["level"], line["message"]) for line in lines] == [
        ("gunicorn.error", "info", "Listening at: x"),
        ("ragam.app", "warning", 'a "quoted"\nline'),
    ]
    assert lines[1]["status"] == 502
