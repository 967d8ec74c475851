"""Both sides of the envelope: what the application writes is what the command reads."""

from io import BytesIO

import httpx
import pytest

from gateway.errors import ServingBusy
from ragam.envelope import LONGEST_DETAIL, NotUnderstood, complaint, is_envelope, prediction


def read(answer):
    return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)


def post(client, data, name="a.png", query="?details=true"):
    return read(client.post(f"/prediction{query}", data={"image": (BytesIO(data), name)}))


def test_a_prediction(client, picture):
    answer = post(client, picture())
    found = prediction(answer)
    data = answer.json()["data"]
    assert is_envelope(answer)
    assert (found.genre, found.confidence, found.certain, found.version) == (
        data["image_types_prediction"],
        data["confidence"],
        data["certain"],
        3,
    )
    assert found.scores == tuple((entry["genre"], entry["confidence"]) for entry in data["scores"])
    assert len(found.scores) == 2


def test_an_answer_without_details_is_not_understood(client, picture):
    with pytest.raises(NotUnderstood):
        prediction(post(client, picture(), query=""))


def test_errors_are_the_service_s_sentences(client, classifier, picture):
    assert complaint(post(client, b"", "a.png")) == "The file is empty. Send a JPEG or PNG picture."
    assert complaint(read(client.get("/nowhere"))) == "There is nothing at this address. Send a picture with POST to /prediction."
    classifier.error = ServingBusy()
    answer = post(client, picture())
    assert is_envelope(answer)
    assert complaint(answer) == "The model has more work than it can take at the moment. Try again in a second."


def test_the_index_is_an_envelope(client):
    assert is_envelope(read(client.get("/")))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"a"', b"null", b'{"status": 200, "data": null}', b'{"status": {"code": 200}}', b"\xff"]
)
def test_what_is_no_envelope(body):
    answer = httpx.Response(502, content=body)
    assert not is_envelope(answer)
    assert complaint(answer) == "The answer was 502 Bad Gateway, without a reason."
    with pytest.raises(NotUnderstood):
        prediction(answer)


def test_a_status_that_has_no_name():
    assert complaint(httpx.Response(599)) == "The answer was 599, without a reason."


def test_a_reason_is_one_line_and_fits_a_cell():
    answer = httpx.Response(400, json={"status": {"code": 400, "detail": "a\n b" + "c" * 1000}, "data": None})
    assert complaint(answer).startswith("a bc")
    assert len(complaint(answer)) == LONGEST_DETAIL
