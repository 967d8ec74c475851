from gateway.api.genres import KEPT_SECONDS, TEXTS, GenreList
from gateway.errors import ServingUnavailable
from training.genres import NAMES_14


def test_the_model_s_genres_in_its_order(client):
    answer = client.get("/genres")
    assert answer.json["status"] == {"code": 200, "message": "Success fetching the genres"}
    assert [entry["name"] for entry in answer.json["data"]] == ["Symbolism", "Light", "Abstract"]
    symbolism, light, _ = answer.json["data"]
    assert symbolism == {"name": "Symbolism", "description": TEXTS["Symbolism"]}
    assert light == {"name": "Light", "description": None}


def test_asked_once_a_minute(classifier):
    now = [100.0]
    known = GenreList(classifier, lambda: now[0])
    assert known.names() == known.names() == classifier.names
    assert classifier.asked_for_genres == 1
    now[0] += KEPT_SECONDS
    classifier.names = ("Other",)
    assert known.names() == ("Other",)
    assert classifier.asked_for_genres == 2


def test_what_the_model_knew_is_told_while_it_is_away(classifier):
    now = [100.0]
    known = GenreList(classifier, lambda: now[0])
    known.names()
    now[0] += KEPT_SECONDS
    classifier.error = ServingUnavailable()
    assert known.names() == classifier.names
    # One attempt a minute, not one for each caller.
    classifier.error = AssertionError("asked again")
    assert known.names() == classifier.names
    now[0] += KEPT_SECONDS
    classifier.error, classifier.names = None, ("Other",)
    assert known.names() == ("Other",)


def test_without_the_model_nothing_is_made_up(client, classifier):
    classifier.error = ServingUnavailable()
    answer = client.get("/genres")
    assert (answer.status_code, answer.json["data"], answer.headers["Retry-After"]) == (503, None, "1")
    # A failure is not kept.
    classifier.error = None
    assert client.get("/genres").status_code == 200


def test_every_genre_that_is_trained_on_has_its_texts_and_no_other():
    assert tuple(TEXTS) == NAMES_14
    # How well a version does is told by its card: a text that outlives the version says nothing of it.
    assert not any(word in text for texts in TEXTS.values() for text in texts.values() for word in ("The model", "Model "))
    for texts in TEXTS.values():
        assert list(texts) == ["en", "id"]
        for text in texts.values():
            assert 60 <= len(text.split()) <= 150
            assert text == text.strip()
            assert text.endswith(".")
        assert texts["en"] != texts["id"]
