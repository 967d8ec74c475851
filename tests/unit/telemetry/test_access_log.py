import json
import logging
from io import BytesIO

import pytest

from gateway.telemetry.access_log import REQUEST_ID_HEADER
from gateway.telemetry.logs import JsonFormatter


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(JsonFormatter())

    def read(logger):
        return [json.loads(caplog.handler.format(record)) for record in caplog.records if record.name == logger]

    return read


def test_one_line_a_prediction_with_what_an_operator_asks(client, picture, lines):
    data = picture()
    answer = client.post("/prediction", data={"image": (BytesIO(data), "a.jpg")}, headers={REQUEST_ID_HEADER: "trace-1.a_B"})
    [line] = lines("ragam.access")
    assert answer.headers[REQUEST_ID_HEADER] == line["request_id"] == "trace-1.a_B"
    assert (line["method"], line["path"], line["status"], line["bytes"], line["version"]) == ("POST", "/prediction", 200, len(data), 3)
    assert line["genre"] == answer.json["data"]["image_types_prediction"]
    assert 0 < line["decode_ms"] + line["predict_ms"] <= line["total_ms"]


def test_an_id_that_is_not_sane_is_replaced(client):
    for sent in (None, "", "a b", 'a"b', "x" * 65, "../é"):
        answer = client.get("/", headers={} if sent is None else {REQUEST_ID_HEADER: sent})
        assert answer.headers[REQUEST_ID_HEADER] != sent
        assert len(answer.headers[REQUEST_ID_HEADER]) == 32


def test_failures_are_logged_too(client, classifier, picture, lines):
    assert client.get("/nowhere").status_code == 404
    classifier.error = RuntimeError("the reason")
    client.post("/prediction", data={"image": (BytesIO(picture()), "a.jpg")})
    assert [line["status"] for line in lines("ragam.access")] == [404, 500]
    assert [line["error"] for line in lines("ragam.access")] == ["address_unknown", "internal"]
    [line] = lines("ragam.app")
    assert "RuntimeError: the reason" in line["traceback"]
