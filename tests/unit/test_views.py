import json
from io import BytesIO

import pytest

from gateway.errors import ServingBusy, ServingTimeout, ServingUnavailable, WrongModel


def post(client, data, query="", **options):
    return client.post(f"/prediction{query}", data={"image": (BytesIO(data), "a.png")}, **options)


@pytest.fixture
def dark(picture):
    return picture(mode="L", image_format="PNG", seed=1)


def test_index_is_the_papers_to_the_byte(client):
    answer = client.get("/")
    assert answer.data == b'{"status": {"code": 200, "message": "Success fetching the API"}, "data": null}'
    assert answer.content_type == "application/json"


def test_prediction_is_the_papers_to_the_byte(client, classifier, dark):
    answer = post(client, dark)
    [images] = classifier.seen
    light = float((images[0].mean() + 1) / 2)
    genre, confidence = max([("Light", light), ("Dark", 1 - light)], key=lambda pair: pair[1])
    expected = (
        '{"status": {"code": 200, "message": "Success Predicting the Image"}, '
        f'"data": {{"image_types_prediction": "{genre}", "confidence": {round(confidence, 4)}}}}}'
    )
    assert answer.data.decode() == expected


def test_details(client, dark):
    plain, details = post(client, dark).json["data"], post(client, dark, "?details=true").json["data"]
    assert list(details) == ["image_types_prediction", "confidence", "scores", "model", "certain"]
    assert {key: details[key] for key in plain} == plain
    assert details["scores"][0] == {"genre": plain["image_types_prediction"], "confidence": plain["confidence"]}
    assert details["scores"][0]["confidence"] >= details["scores"][1]["confidence"]
    assert details["model"] == {"name": "painting_genre", "version": 3}
    assert details["certain"] is (plain["confidence"] >= 0.5)
    assert post(client, dark, "?details=false").json["data"] == plain


def test_the_model_sees_one_float32_tensor(client, classifier, dark):
    post(client, dark)
    [images] = classifier.seen
    assert images.shape == (1, 224, 224, 3)
    assert images.dtype == "float32"
    assert images.flags.c_contiguous


def test_too_many_pixels(client, picture):
    answer = post(client, picture(1001, 1000, image_format="JPEG"))
    assert answer.status_code == 413
    assert answer.json["status"]["detail"] == "The picture has 1001 x 1000 pixels. Send at most 1,000,000 pixels."


def test_unreadable(client):
    answer = post(client, b"no picture")
    assert answer.status_code == 400
    assert answer.json == {
        "status": {
            "code": 400,
            "message": "Bad Request",
            "detail": "The file cannot be read as a JPEG or PNG picture. It may be damaged, cut short or of another format.",
        },
        "data": None,
    }


@pytest.mark.parametrize(
    ("error", "status", "message", "retry_after"),
    [
        (ServingUnavailable(), 503, "Service Unavailable", "1"),
        (ServingBusy(), 503, "Service Unavailable", "1"),
        (ServingTimeout(), 504, "Gateway Timeout", None),
        (WrongModel(), 502, "Bad Gateway", None),
        (RuntimeError("secret /etc/path"), 500, "Internal Server Error", None),
    ],
)
def test_each_failure_has_its_envelope(client, classifier, dark, error, status, message, retry_after):
    classifier.error = error
    answer = post(client, dark)
    assert answer.status_code == status
    assert answer.json["data"] is None
    assert (answer.json["status"]["code"], answer.json["status"]["message"]) == (status, message)
    assert answer.headers.get("Retry-After") == retry_after
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_unknown_path_and_method(client):
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.json["status"]["message"], answer.json["data"]) == (404, "Not Found", None)
    answer = client.get("/prediction")
    assert (answer.status_code, answer.json["status"]["message"], answer.json["data"]) == (405, "Method Not Allowed", None)
    assert "POST" in answer.headers["Allow"]
    assert json.loads(client.delete("/").data)["status"]["code"] == 405
