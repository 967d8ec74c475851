import numpy as np
import pytest

from gateway.errors import ServingUnavailable, WrongModel
from gateway.prediction import SimilarWork
from gateway.serving.canary import FAILURES, PAUSE_SECONDS, Breaker, Canary, place

STABLE, CANARY = 2, 3


@pytest.fixture
def stable(classifier):
    classifier.version, classifier.works = STABLE, (SimilarWork("An Artist", "Title", 0.5),)
    return classifier


@pytest.fixture
def canary(classifier):
    return type(classifier)(version=CANARY)


@pytest.fixture(scope="module")
def images():
    """Of which about half fall to a canary with half of the pictures."""
    images = np.array([np.full((224, 224, 3), value, np.float32) for value in np.linspace(-1, 1, 32)])
    assert {place(image) < 0.5 for image in images} == {True, False}
    return images


def test_the_share_is_exact_within_statistics():
    count = 10_000
    places = np.array([place(np.array([number], np.float32)) for number in range(count)])
    assert 0 <= places.min() < places.max() < 1
    for share in (0.01, 0.1, 0.5):
        # Four standard deviations.
        assert abs((places < share).sum() - count * share) < 4 * (count * share * (1 - share)) ** 0.5


def test_each_picture_of_many_goes_to_its_version_in_one_call_each(stable, canary, images):
    expected = [CANARY if place(image) < 0.5 else STABLE for image in images]
    both = Canary(stable, canary, 0.5)
    answers = both.classify(images)
    assert [answer.version for answer in answers] == expected
    light = [dict(answer.scores)["Light"] for answer in answers]
    assert light == pytest.approx([float((image.mean() + 1) / 2) for image in images]), "each has its own answer"
    assert (stable.asked, canary.asked) == (1, 1)
    assert [answer.prediction.version for answer in both.explain(images)] == expected
    assert [both.classify(image[None])[0].version for image in images] == expected, "alone as among others"


def test_similar_works_are_those_of_the_version_that_answers_if_it_knows_any(stable, canary, images):
    assert Canary(stable, canary, 0.5).similar(images) == [() if place(image) < 0.5 else stable.works for image in images]


def test_a_canary_that_fails_is_answered_for_and_one_that_keeps_failing_is_not_asked(stable, canary, images, caplog):
    both = Canary(stable, canary, 0.5)
    for error in (WrongModel(), ServingUnavailable(), RuntimeError("INTERNAL"), WrongModel()):
        canary.error = error
        assert {answer.version for answer in both.classify(images)} == {STABLE}
    assert stable.asked == 4, "all in one call"
    assert canary.asked == FAILURES == 3
    assert [record.message for record in caplog.records] == ["the canary does not answer, the stable version does: RuntimeError: None"]


def test_opens_after_failures_in_a_row_and_tries_one_caller_after_a_pause():
    now = [100.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES - 1):
        assert not breaker.failed()
    assert not breaker.succeeded()
    for _ in range(FAILURES - 1):
        assert not breaker.failed()
    assert not breaker.is_open()
    assert breaker.failed(), "this one opens it"
    assert breaker.is_open()
    now[0] += PAUSE_SECONDS
    assert [breaker.is_open(), breaker.is_open()] == [False, True], "one tries, the others wait"
    assert not breaker.failed()
    assert breaker.is_open()
    now[0] += PAUSE_SECONDS
    assert not breaker.is_open()
    assert breaker.succeeded(), "this one closes it"
    assert not breaker.is_open()


def test_readiness_genres_and_errors_are_the_stable_version_s(stable, canary, images):
    canary.error, stable.error = ServingUnavailable(), WrongModel()
    both = Canary(stable, canary, 0.5)
    for call in (both.check, both.genres):
        with pytest.raises(WrongModel):
            call()
    assert not canary.asked
    with pytest.raises(WrongModel):
        both.classify(images)
