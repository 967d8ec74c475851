import gc
import json
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import product
from threading import Barrier

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gateway.api import prediction as views
from gateway.api.decode_queue import DecodeQueues
from gateway.errors import BadUpload, ServingBusy, ServingTimeout, ServingUnavailable, WrongModel
from gateway.prediction import SimilarWork

# What a version may leave out.
WHOLE = {"typicality": 0.5, "certain": True, "expected_accuracy": 0.85}
WORKS = (SimilarWork("Berthe Morisot", "The Cradle", 0.91234), SimilarWork("", "Étude", 0.5), SimilarWork("", "", -0.25))
MAY_BE_NO_PAINTING = "The picture is unlike the paintings that the model learned from and may be no painting."


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


def test_json_ends_a_line_where_the_paper_does_not_say_otherwise(client, dark):
    answers = [post(client, dark, "?details=true"), post(client, dark, "?details=2"), client.post("/prediction"), client.get("/genres")]
    assert all(answer.data.endswith(b"}\n") and answer.data.count(b"\n") == 1 for answer in answers)


def test_details(client, dark):
    plain, details = post(client, dark).json["data"], post(client, dark, "?details=true").json["data"]
    assert list(details) == ["image_types_prediction", "confidence", "scores", "model"]
    assert {key: details[key] for key in plain} == plain
    assert details["scores"][0] == {"genre": plain["image_types_prediction"], "confidence": plain["confidence"]}
    assert details["scores"][0]["confidence"] >= details["scores"][1]["confidence"]
    assert details["model"] == {"name": "painting_genre", "version": 3}
    assert post(client, dark, "?details=false").json["data"] == plain


LIKE_THIS = "about {} of 100 were right, for artists that the model did not learn from."


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"typicality": 0.31235, "certain": True, "expected_accuracy": 0.85},
            {
                "typicality": 0.3124,
                "certain": True,
                "expected_accuracy": 0.85,
                "note": f"The model is certain of the genre. Of answers like this one {LIKE_THIS.format(85)}",
            },
        ),
        (
            {"typicality": 0.0499, "certain": False, "expected_accuracy": 0.344},
            {
                "typicality": 0.0499,
                "certain": False,
                "expected_accuracy": 0.344,
                "note": "The picture is unlike the paintings that the model learned from and may be no painting. "
                f"If it is one, of answers like this one {LIKE_THIS.format(34)}",
            },
        ),
        ({"typicality": 0.05}, {"typicality": 0.05}),
        ({"typicality": 0.0, "certain": False}, {"typicality": 0.0, "certain": False, "note": MAY_BE_NO_PAINTING}),
        ({"certain": False}, {"certain": False, "note": "The model is not certain of the genre."}),
        ({"expected_accuracy": 0.5}, {"expected_accuracy": 0.5, "note": f"Of answers like this one {LIKE_THIS.format(50)}"}),
    ],
)
def test_details_hold_what_the_version_tells_of_its_answer_and_no_more(client, classifier, dark, more, told):
    classifier.more = more
    data = post(client, dark, "?details=true").json["data"]
    assert dict(list(data.items())[4:]) == told


def test_the_works_that_a_picture_is_like(client, classifier, dark):
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


def test_a_version_that_knows_no_works_answers_all_the_same(client, dark):
    assert post(client, dark, "?similar=true").json == post(client, dark).json


def test_too_costly_by_how_much_and_the_way_out(client, costly):
    answer = post(client, costly)
    assert answer.status_code == 413
    assert answer.json["status"]["error"] == "picture_too_costly"
    assert answer.json["status"]["detail"] == (
        "Decoding the picture takes 21.5 times the memory that this service gives to one. "
        "Reduce it, or send it with the command 'ragam classify', which reduces it first."
    )


def test_unreadable(client):
    answer = post(client, b"no picture")
    assert answer.status_code == 400
    assert answer.json == {
        "status": {
            "code": 400,
            "message": "Bad Request",
            "error": "picture_unreadable",
            "detail": "The file cannot be read as a JPEG or PNG picture. It may be damaged, cut short or of another format.",
        },
        "data": None,
    }


def test_each_failure_has_its_envelope(client, classifier, dark):
    for error, status, message, retry_after in (
        (ServingUnavailable(), 503, "Service Unavailable", "1"),
        (ServingBusy(), 503, "Service Unavailable", "1"),
        (ServingTimeout(), 504, "Gateway Timeout", None),
        (WrongModel(), 502, "Bad Gateway", None),
        (RuntimeError("secret /etc/path"), 500, "Internal Server Error", None),
    ):
        classifier.error = error
        # Without the model there is no list either.
        for answer in (post(client, dark), post_many(client, ("a.png", dark), ("b.txt", b"text"))):
            assert (answer.status_code, answer.json["data"]) == (status, None), error
            assert (answer.json["status"]["code"], answer.json["status"]["message"]) == (status, message)
            assert answer.headers.get("Retry-After") == retry_after
            assert "secret" not in answer.text
            assert "Traceback" not in answer.text


def test_a_parameter_that_means_nothing(client, classifier, dark):
    for route, parameter, value in product(("/prediction", "/predictions"), ("details", "similar"), ("true false", "2", "null")):
        answer = client.post(route, query_string={parameter: value}, data={"image": (BytesIO(dark), "a.png")})
        assert (answer.status_code, answer.json["status"]["detail"]) == (400, f"The parameter '{parameter}' must be true or false."), value
    assert not classifier.seen


def test_no_more_pictures_are_decoded_at_a_time_than_there_are_decoders(client, dark, monkeypatch):
    client.application.extensions["decode_queues"] = DecodeQueues(2, 8, 2.5)
    decoding, counts, really = [], [], views.to_pixels
    both = Barrier(2)

    def together(picture):
        decoding.append(1)
        counts.append(len(decoding))
        both.wait(60)
        decoding.pop()
        return really(picture)

    monkeypatch.setattr(views, "to_pixels", together)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(client.application.test_client(), dark).status_code, range(16)))
    assert answers == [200] * 16
    assert max(counts) == 2


def test_a_bad_picture_gives_its_decoder_back(client, dark):
    client.application.extensions["decode_queues"] = DecodeQueues(1, 8, 2.5)
    for route in ("/prediction", "/predictions", "/explanation"):
        client.post(route, data={"image": (BytesIO(dark[:-100]), "a.png")})
    assert post(client, dark).status_code == 200


def post_many(client, *pictures, query=""):
    """Each of `pictures` is (name, bytes)."""
    # Encoded here, for the test client would put a large body into a temporary file and leave it open.
    boundary, body = encode_multipart({"image": [FileStorage(BytesIO(data), name) for name, data in pictures]})
    return client.post(f"/predictions{query}", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_each_of_many_is_answered_as_it_is_alone(client, classifier, picture):
    pictures = [(f"{seed}.jpg", picture(seed=seed)) for seed in range(5)]
    for query in ("", "?details=true"):
        classifier.seen.clear()
        answer = post_many(client, *pictures, query=query)
        assert (answer.status_code, answer.json["status"]) == (200, {"code": 200, "message": "Success Predicting the Images"})
        [images] = classifier.seen
        assert (images.shape, images.dtype) == ((5, 224, 224, 3), "float32")
        for (name, data), entry in zip(pictures, answer.json["data"], strict=True):
            alone = client.post(f"/prediction{query}", data={"image": (BytesIO(data), name)}).json
            assert list(entry) == ["file", "status", "data"]
            assert entry == {"file": name, **alone}
        assert len({entry["data"]["confidence"] for entry in answer.json["data"]}) == 5


def test_bad_pictures_among_many_spoil_no_other(client, classifier, picture, costly):
    sent = [
        ("good.png", picture(mode="L", image_format="PNG")),
        ("notes.txt", b"text"),
        ("empty.jpg", b""),
        ("damaged.jpg", picture()[:2000]),
        ("heavy.jpg", picture() + bytes(200_000)),
        ("large.png", costly),
        ("", picture()),
        ("good.png", picture(seed=2)),
    ]
    entries = post_many(client, *sent).json["data"]
    assert [entry["file"] for entry in entries] == [name for name, _ in sent]
    assert [entry["status"]["code"] for entry in entries] == [200, 400, 400, 400, 413, 413, 400, 200]
    [images] = classifier.seen
    assert len(images) == 2
    for entry, (name, data) in zip(entries, sent, strict=True):
        assert (entry["data"] is None) == (entry["status"]["code"] != 200)
        alone = post_many(client, (name, data)) if not name else client.post("/prediction", data={"image": (BytesIO(data), name)})
        expected = alone.json["data"][0] if not name else alone.json
        assert (entry["status"], entry["data"]) == (expected["status"], expected["data"])


def test_where_every_picture_is_bad_the_model_is_not_asked(client, classifier):
    answer = post_many(client, ("a.txt", b"text"), ("b.jpg", b""))
    assert answer.status_code == 200
    assert [entry["status"]["code"] for entry in answer.json["data"]] == [400, 400]
    assert not classifier.seen


def test_as_many_as_a_call_takes_and_no_more(client, classifier, dark):
    assert len(post_many(client, *[("a.png", dark)] * 16).json["data"]) == 16
    answer = post_many(client, *[("a.png", dark)] * 17)
    assert answer.status_code == 400
    assert answer.json["status"]["detail"] == "There are 17 pictures in the request. Send at most 16 at a time."
    assert answer.json["data"] is None
    assert len(classifier.seen) == 1


def test_none_among_many(client):
    for answer in (client.post("/predictions"), client.post("/predictions", data={"image": "text"}), post_many(client)):
        assert answer.status_code == 400
        assert "field 'image'" in answer.json["status"]["detail"]


def test_many_have_a_limit_together(client, dark):
    # Ten of them are more than one request of /prediction may have, and less than one of /predictions.
    padded = dark + bytes(190_000 - len(dark))
    assert {entry["status"]["code"] for entry in post_many(client, *[("a.png", padded)] * 10).json["data"]} == {200}
    answer = post_many(client, *[("a.png", padded)] * 11)
    assert answer.status_code == 413
    assert answer.json["status"]["detail"] == "The request is too large. Send at most 2,000,000 bytes, or the pictures in several requests."


def test_a_file_keeps_its_name_and_one_that_is_hardly_text_is_answered(client, dark):
    def entry(name):
        body = b'--x\r\nContent-Disposition: form-data; name="image"; %s\r\n\r\n%s\r\n--x--\r\n' % (name, dark)
        return client.post("/predictions", data=body, content_type="multipart/form-data; boundary=x")

    # As browsers write it, in UTF-8.
    for name in ("Gemälde 1.png", "../a.png", "絵.png", "a;b.png", "a'b.png", "a\x01.png"):
        [told] = entry(b'filename="%s"' % name.encode()).json["data"]
        assert (told["file"], told["status"]["code"]) == (name, 200)
    for name in (b"filename*=UTF-8''%ed%a0%80.png", b'filename="\xff\xfe.png"'):
        assert entry(name).json["status"]["code"] == 200


def test_many_are_noted_in_one_line(client, picture, caplog):
    pictures = [picture(seed=seed) for seed in range(3)]
    with caplog.at_level("INFO", "ragam.access"):
        post_many(client, *[("a.jpg", data) for data in pictures], ("b.txt", b"text"))
    fields = caplog.records[-1].fields
    assert (fields["pictures"], fields["readable"], fields["bytes"]) == (4, 3, sum(map(len, pictures)))
    assert fields["decode_ms"] > 0


def test_methods_that_every_route_has(client):
    for path, allowed in (
        ("/", {"GET", "HEAD", "OPTIONS"}),
        ("/predictions", {"POST", "OPTIONS"}),
        ("/genres", {"GET", "HEAD", "OPTIONS"}),
    ):
        answer = client.options(path)
        assert answer.status_code == 200
        assert set(re.split(", ", answer.headers["Allow"])) == allowed
        assert set(re.split(", ", client.patch(path).headers["Allow"])) == allowed
    head, get = client.head("/"), client.get("/")
    assert (head.status_code, head.data, head.content_type) == (200, b"", get.content_type)
    assert head.content_length == get.content_length
    assert client.head("/prediction").status_code == 405


def test_unknown_path_and_method(client):
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.json["status"]["message"], answer.json["data"]) == (404, "Not Found", None)
    named = re.findall(r"/\w+", answer.json["status"]["detail"])
    assert named
    assert [client.get(address).status_code for address in named] == [200] * len(named)
    answer = client.get("/prediction")
    assert (answer.status_code, answer.json["status"]["message"], answer.json["data"]) == (405, "Method Not Allowed", None)
    assert "POST" in answer.headers["Allow"]
    assert json.loads(client.delete("/").data)["status"]["code"] == 405


def test_nothing_of_a_request_is_left_for_the_collection_of_garbage(client, picture):
    """Its bytes are counted as gone when it was answered: 60 MB of each would stay until as many objects have been made."""
    files = [(BytesIO(data), "a.png") for data in (picture(), b"no picture", b"", picture()[:50])]

    def refusals():
        return sum(isinstance(thing, BadUpload) for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = refusals()
        answer = client.post("/predictions", data={"image": files})
        assert [entry["status"]["code"] for entry in answer.json["data"]] == [200, 400, 400, 400]
        assert refusals() == before
    finally:
        gc.enable()
