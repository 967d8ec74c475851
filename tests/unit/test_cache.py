from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gateway.app import create_app
from gateway.cache import KEPT_SECONDS, AnswerCache
from gateway.errors import ServingUnavailable
from gateway.prediction import Prediction
from gateway.settings import Settings
from gateway.telemetry.metrics import CACHE_LOOKUPS


def answer(version=1, genre="Light"):
    return Prediction(((genre, 0.75), ("Dark", 0.25)), "painting_genre", version)


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def lookups(result):
    return CACHE_LOOKUPS.labels(result)._value.get()


def test_finds_what_was_kept_and_counts_its_lookups():
    cache = AnswerCache(2)
    hits, misses = lookups("hit"), lookups("miss")
    key = cache.key(b"picture")
    assert cache.find(key) is None
    cache.keep(key, answer())
    assert cache.find(cache.key(b"picture")) == answer()
    assert cache.find(cache.key(b"picture.")) is None
    assert (lookups("hit") - hits, lookups("miss") - misses) == (1, 2)


def test_lets_go_of_the_answer_that_was_longest_not_asked_for():
    cache = AnswerCache(2)
    first, second, third = map(cache.key, (b"1", b"2", b"3"))
    cache.keep(first, answer())
    cache.keep(second, answer())
    assert cache.find(first)
    cache.keep(third, answer())
    assert [cache.find(key) is not None for key in (first, second, third)] == [True, False, True]


def test_an_answer_has_its_minute_however_often_it_is_asked_for():
    clock = Clock()
    cache = AnswerCache(2, clock)
    key = cache.key(b"picture")
    cache.keep(key, answer())
    clock.seconds = KEPT_SECONDS - 1
    assert cache.find(key)
    clock.seconds = KEPT_SECONDS
    assert cache.find(key) is None


@pytest.mark.parametrize("version", [2, 0])
def test_an_answer_of_another_version_empties_it(version):
    cache = AnswerCache(9)
    old, new = cache.key(b"old"), cache.key(b"new")
    cache.keep(old, answer(1))
    cache.keep(new, answer(version))
    assert cache.find(old) is None
    assert cache.find(new).version == version


def test_without_answers_to_keep_it_hashes_and_counts_nothing():
    cache = AnswerCache(0)
    hits, misses = lookups("hit"), lookups("miss")
    assert cache.key(b"picture") is None
    cache.keep(None, answer())
    assert cache.find(None) is None
    assert (lookups("hit"), lookups("miss")) == (hits, misses)


@pytest.fixture
def client(classifier):
    return create_app(Settings(cache_answers=100, max_pixels=1_000_000, max_upload_bytes=200_000), classifier).test_client()


def post(client, data, query=""):
    return client.post(f"/prediction{query}", data={"image": (BytesIO(data), "a.jpg")})


def post_many(client, *pictures):
    boundary, body = encode_multipart({"image": [FileStorage(BytesIO(data), "a.jpg") for data in pictures]})
    return client.post("/predictions", data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize("query", ["", "?details=true"])
def test_a_known_picture_is_answered_to_the_byte_and_not_sent_again(client, classifier, picture, query):
    first, again, other = (post(client, picture(seed=seed), query) for seed in (0, 0, 1))
    assert first.data == again.data != other.data
    assert len(classifier.seen) == 2


def test_among_many_only_new_pictures_are_sent(client, classifier, picture):
    data = [picture(seed=seed) for seed in range(4)]
    alone = post(client, data[1]).json
    entries = post_many(client, *data[:3], b"no picture").json["data"]
    assert [entry["status"]["code"] for entry in entries] == [200, 200, 200, 400]
    assert entries[1] == {"file": "a.jpg", **alone}
    assert [len(images) for images in classifier.seen] == [1, 2]
    assert post_many(client, *data).json["data"][:3] == entries[:3]
    assert [len(images) for images in classifier.seen] == [1, 2, 1]
    assert [entry["data"]["confidence"] for entry in entries[:3]] == [post(client, one).json["data"]["confidence"] for one in data[:3]]


def test_a_picture_known_to_a_list_keeps_the_minute_of_its_first_answer(client, classifier, picture):
    clock = Clock()
    client.application.extensions["answers"] = AnswerCache(9, clock)
    post(client, picture())
    clock.seconds = KEPT_SECONDS - 1
    post_many(client, picture())
    assert len(classifier.seen) == 1
    clock.seconds = KEPT_SECONDS
    post(client, picture())
    assert len(classifier.seen) == 2


def test_neither_bad_pictures_nor_failures_are_kept(client, classifier, picture):
    for _ in range(2):
        assert post(client, b"no picture").status_code == 400
        assert post(client, picture(1001, 1000)).status_code == 413
    classifier.error = ServingUnavailable()
    assert post(client, picture()).status_code == 503
    classifier.error = None
    assert post(client, picture()).status_code == 200
    assert len(client.application.extensions["answers"]._answers) == 1
