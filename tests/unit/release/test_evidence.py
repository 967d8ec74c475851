"""What is read off the gateways' metrics."""

import urllib.request
from io import BytesIO

import pytest

from gateway.telemetry import metrics
from release import evidence
from release.errors import ReleaseError

PAGE = """
ragam_label_answers_total{{label="canary",version="3"}} {answers}
ragam_label_seconds_bucket{{label="canary",version="3",le="+Inf"}} {calls}
ragam_label_seconds_count{{label="canary",version="3"}} {calls}
ragam_label_seconds_sum{{label="canary",version="3"}} {seconds}
ragam_label_failures_total{{label="canary"}} {failures}
ragam_predictions_total{{genre="Post-Impressionism",version="3"}} {pictures}
"""


def page(answers, seconds, failures, pictures):
    """Of the answers half came by calls for one picture."""
    return PAGE.format(answers=answers, calls=answers // 2, seconds=seconds, failures=failures, pictures=pictures)


@pytest.fixture
def gather(monkeypatch):
    """What is found in a while, or since the start, on gateways that show one page after the other."""

    def find(window, *gateways):
        pages = {f"http://{number}": list(shown) for number, shown in enumerate(gateways)}
        monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: BytesIO(pages[url].pop(0).encode()))
        return evidence.gather(list(pages), window)

    return find


def test_what_grew_in_a_while_and_a_gateway_that_started_again(gather):
    found = gather(0.01, [page(10, 0.5, 1, 9), page(14, 0.75, 3, 12)], [page(100, 9.0, 7, 99), page(2, 0.25, 0, 2)])
    assert (found.answers["canary"], found.seconds["canary"], found.failures["canary"]) == (4 + 2, 0.5, 2)
    assert found.calls["canary"] == 2 + 1
    assert found.genres == {3: {"Post-Impressionism": 3 + 2}}
    assert gather(0, [page(10, 0.5, 1, 9)]).answers == {"canary": 10}


def test_the_names_are_the_gateway_s(gather):
    metrics.note_label("canary", 3, 1, 0.25)
    metrics.note_label("canary", 3, 16, 60)
    metrics.note_label_failed("canary", 2)
    metrics.PREDICTIONS.labels("Cubism", 3).inc()
    found = gather(0, [metrics.exposition()[0].decode()])
    assert found.answers["canary"] >= 17
    assert found.calls["canary"] >= 1
    assert 0.25 <= found.seconds["canary"] < 60, "a call for many is not compared"
    assert found.failures["canary"] >= 2
    assert found.genres[3]["Cubism"] >= 1


@pytest.mark.parametrize(("text", "sentence"), [("up 1\n", "has no metrics of a gateway"), ("<html>", "has no metrics: ")])
def test_a_page_of_something_else_is_a_sentence(gather, text, sentence):
    with pytest.raises(ReleaseError, match=sentence):
        gather(0, [text])
