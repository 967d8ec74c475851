import gc
import re
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gateway.api.decode_queue import DecodeQueues
from gateway.errors import BadUpload, Overloaded, ServingBusy, ServingTimeout, ServingUnavailable, WrongModel
from gateway.prediction import SimilarWork

# What a version may leave out.
WHOLE = {"typicality": 0.5, "certain": True, "expected_accuracy": 0.85}
WORKS = (SimilarWork("Berthe Morisot", "The Cradle", 0.91234), SimilarWork("", "Étude", 0.5), SimilarWork("", "", -0.25))


def post(client, data, query="", **options):
    return client.post(f"/prediction{query}", data={"image": (BytesIO(data), "a.png")}, **options)


@pytest.fixture
def dark(picture):
    return picture(mode="L", image_format="PNG", seed=1)


@pytest.mark.parametrize("more", [{}, WHOLE], ids=["version 2", "a whole version"])
def test_prediction_is_the_papers_to_the_byte(client, classifier, dark, more):
    classifier.more, classifier.works = more, WORKS
    answer = post(client, dark)
    [images] = classifier.seen
    assert (images.shape, images.dtype, images.flags.c_contiguous) == ((1, 224, 224, 3), "float32", True)
    light = float((images[0].mean() + 1) / 2)
    genre, confidence = max([("Light", light), ("Dark", 1 - light)], key=lambda pair: pair[1])
    expected = (
        '{"status": {"code": 200, "message": "Success Predicting the Image"}, '
        f'"data": {{"image_types_prediction": "{genre}", "confidence": {round(confidence, 4)}}}}}'
    )
    assert answer.data.decode() == expected


def test_details(client, dark):
    plain, answer = post(client, dark).json["data"], post(client, dark, "?details=true")
    details = answer.json["data"]
    assert list(details) == ["image_types_prediction", "confidence", "scores", "model"]
    assert {key: details[key] for key in plain} == plain
    first, second = details["scores"]
    assert first == {"genre": plain["image_types_prediction"], "confidence": plain["confidence"]}
    assert first["confidence"] >= second["confidence"]
    assert details["model"] == {"name": "painting_genre", "version": 3}
    # JSON ends a line where the paper does not say otherwise.
    assert answer.data.endswith(b"}\n")


LIKE_THIS = "about {} of 100 were right, for artists that the model did not learn from."
NO_PAINTING = "The picture is unlike the paintings that the model learned from and may be no painting."


@pytest.mark.parametrize(
    ("told", "note"),
    [
        (WHOLE, f"The model is certain of the genre. Of answers like this one {LIKE_THIS.format(85)}"),
        ({**WHOLE, "typicality": 0.0499}, f"{NO_PAINTING} If it is one, of answers like this one {LIKE_THIS.format(85)}"),
        ({"typicality": 0.05}, None),
        ({"certain": False}, "The model is not certain of the genre."),
    ],
)
def test_details_hold_what_the_version_tells_of_its_answer_and_no_more(client, classifier, dark, told, note):
    classifier.more = {key: value if isinstance(value, bool) else value + 0.00001 for key, value in told.items()}
    data = post(client, dark, "?details=true").json["data"]
    assert dict(list(data.items())[4:]) == {**told, **({"note": note} if note else {})}


def test_the_works_that_a_picture_is_like(client, classifier, dark):
    # A version that knows none answers all the same.
    assert post(client, dark, "?similar=true").json == post(client, dark).json
    classifier.works = WORKS
    told = [
        {"artist": "Berthe Morisot", "title": "The Cradle", "similarity": 0.9123},
        {"artist": None, "title": "Étude", "similarity": 0.5},
        {"artist": None, "title": None, "similarity": -0.25},
    ]
    plain, details = post(client, dark).json["data"], post(client, dark, "?details=true").json["data"]
    assert post(client, dark, "?similar=true").json["data"] == {**plain, "similar": told}
    assert post(client, dark, "?similar=true&details=true").json["data"] == {**details, "similar": told}
    assert post(client, dark, "?similar=false").json["data"] == plain
    for entry in post_many(client, ("a.png", dark), ("b.txt", b"text"), ("c.png", dark), query="?similar=true").json["data"][::2]:
        assert entry["data"] == {**plain, "similar": told}


def test_each_failure_has_its_envelope_and_tells_nothing_of_the_inside(client, classifier, dark):
    for error, status, message, retry_after in (
        (ServingUnavailable(), 503, "Service Unavailable", "1"),
        (ServingBusy(), 503, "Service Unavailable", "1"),
        (ServingTimeout(), 504, "Gateway Timeout", None),
        (WrongModel(), 502, "Bad Gateway", None),
        (RuntimeError("/srv/secret/model: password=hunter2"), 500, "Internal Server Error", None),
    ):
        classifier.error = error
        # Without the model there is no list either.
        for answer in (post(client, dark), post_many(client, ("a.png", dark), ("b.txt", b"text"))):
            assert (answer.status_code, answer.json["data"]) == (status, None), error
            assert (answer.json["status"]["code"], answer.json["status"]["message"]) == (status, message)
            assert answer.headers.get("Retry-After") == retry_after
            assert not re.search(r"hunter2|/srv|RuntimeError|Traceback|\.py", answer.text + str(answer.headers))


def test_every_route_decodes_in_its_turn_alone(client, dark, monkeypatch):
    def slot(*_, **__):
        raise Overloaded

    monkeypatch.setattr(DecodeQueues, "slot", slot)
    for route in ("/prediction", "/predictions", "/explanation"):
        answer = client.post(route, data={"image": (BytesIO(dark), "a.png")})
        assert (answer.status_code, answer.json["status"]["error"]) == (503, "overloaded"), route


def post_many(client, *pictures, query=""):
    """Each of `pictures` is (name, bytes)."""
    # Encoded here, for the test client would put a large body into a temporary file and leave it open.
    boundary, body = encode_multipart({"image": [FileStorage(BytesIO(data), name) for name, data in pictures]})
    return client.post(f"/predictions{query}", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_each_of_many_is_answered_as_it_is_alone(client, classifier, picture, caplog):
    pictures = [(f"{seed}.jpg", picture(seed=seed)) for seed in range(5)]
    for query in ("", "?details=true"):
        classifier.seen.clear()
        with caplog.at_level("INFO", "ragam.access"):
            answer = post_many(client, *pictures, query=query)
        assert (answer.status_code, answer.json["status"]) == (200, {"code": 200, "message": "Success Predicting the Images"})
        [images] = classifier.seen
        assert (images.shape, images.dtype) == ((5, 224, 224, 3), "float32")
        noted = caplog.records[-1].fields
        assert (noted["pictures"], noted["readable"], noted["bytes"]) == (5, 5, sum(len(data) for _, data in pictures))
        for (name, data), entry in zip(pictures, answer.json["data"], strict=True):
            alone = client.post(f"/prediction{query}", data={"image": (BytesIO(data), name)}).json
            assert list(entry) == ["file", "status", "data"]
            assert entry == {"file": name, **alone}
        assert len({entry["data"]["confidence"] for entry in answer.json["data"]}) == 5


def test_bad_pictures_among_many_spoil_no_other(client, classifier, picture, costly):
    sent = {
        "good.png": (picture(mode="L", image_format="PNG"), None),
        "notes.txt": (b"text", "extension_unsupported"),
        "empty.jpg": (b"", "picture_empty"),
        "damaged.jpg": (picture()[:2000], "picture_unreadable"),
        "heavy.jpg": (picture() + bytes(200_000), "picture_too_large"),
        "large.png": (costly, "picture_too_costly"),
        "": (picture(), "file_name_missing"),
        "other.png": (picture(seed=2), None),
    }
    entries = post_many(client, *((name, data) for name, (data, _) in sent.items())).json["data"]
    assert [(entry["file"], entry["status"].get("error")) for entry in entries] == [(name, word) for name, (_, word) in sent.items()]
    [images] = classifier.seen
    assert len(images) == 2
    for entry, (name, (data, word)) in zip(entries, sent.items(), strict=True):
        assert (entry["data"] is None) == (word is not None)
        if name:
            alone = client.post("/prediction", data={"image": (BytesIO(data), name)}).json
            assert (entry["status"], entry["data"]) == (alone["status"], alone["data"])
    # Where every picture is bad the model is not asked.
    classifier.seen.clear()
    assert post_many(client, ("a.txt", b"text"), ("b.jpg", b"")).status_code == 200
    assert not classifier.seen


def test_as_many_as_a_call_takes_and_no_more(client, classifier, dark):
    assert len(post_many(client, *[("a.png", dark)] * 16).json["data"]) == 16
    answer = post_many(client, *[("a.png", dark)] * 17)
    assert (answer.status_code, answer.json["data"], len(classifier.seen)) == (400, None, 1)
    assert answer.json["status"]["detail"] == "There are 17 pictures in the request. Send at most 16 at a time."
    # Ten of these are more than one request of /prediction may have, and less than one of /predictions.
    padded = dark + bytes(190_000 - len(dark))
    assert {entry["status"]["code"] for entry in post_many(client, *[("a.png", padded)] * 10).json["data"]} == {200}
    answer = post_many(client, *[("a.png", padded)] * 11)
    assert answer.status_code == 413
    assert answer.json["status"]["detail"] == "The request is too large. Send at most 2,000,000 bytes, or the pictures in several requests."


def test_unknown_paths_and_methods(client):
    for path, method, status, message in (("/nowhere", "GET", 404, "Not Found"), ("/prediction", "GET", 405, "Method Not Allowed")):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.json["status"]["message"], answer.json["data"]) == (status, message, None)
    named = re.findall(r"/\w+", client.get("/nowhere").json["status"]["detail"])
    assert [client.get(address).status_code for address in named] == [200] * len(named) != []
    assert set(client.options("/predictions").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_nothing_of_a_request_is_left_for_the_collection_of_garbage(client, picture):
    """Its bytes are counted as gone when it was answered: 60 MB of each would stay until as many objects have been made."""
    sent = [("a.png", data) for data in (picture(), b"no picture", b"", picture()[:50])]

    def refusals():
        return sum(isinstance(thing, BadUpload) for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = refusals()
        assert [entry["status"]["code"] for entry in post_many(client, *sent).json["data"]] == [200, 400, 400, 400]
        assert refusals() == before
    finally:
        gc.enable()
