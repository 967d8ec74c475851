"""The soak's own verdict: what it must not let pass, and what it must excuse."""

import pytest
from faults import Window
from files_sent import File
from known_answers import Known
from samples import Sample
from traffic import Outcome
from verdict import memory as levels_of
from verdict import of_answers, of_memory, of_processes

HOUR = 3600
ONE, OTHER = File("one.jpg", b""), File("other.jpg", b"")


def said(first, version=1, **more):
    scores = [{"genre": "Realism", "confidence": first}, {"genre": "Abstract", "confidence": round(1 - first, 4)}]
    best = max(scores, key=lambda entry: entry["confidence"])
    return {
        "image_types_prediction": best["genre"],
        "confidence": best["confidence"],
        "scores": scores,
        "model": {"version": version},
        **more,
    }


def explained(first, heat, version=1):
    return said(first, version, heatmap=[[heat] * 7] * 7)


def many(*entries):
    return {"data": [{"file": file.name, "status": {"code": 200}, "data": data} for file, data in entries]}


@pytest.fixture
def known():
    known = Known()
    known.learn(ONE, said(0.9), explained(0.9, 0.5))
    known.learn(OTHER, said(0.6), explained(0.6, 0.7))
    known.learn(ONE, said(0.3, 2), explained(0.3, 0.1, 2))
    return known


def test_another_s_answer_heat_map_or_place_among_many_is_noticed(known):
    for data in (said(0.9), said(0.8996)):
        assert known.compare(ONE, data) is None
    for data in (said(0.6), said(0.9, 2), said(0.3), said(0.9, 3), said(0.9, image_types_prediction="Abstract")):
        assert known.compare(ONE, data), data
    assert known.compare(ONE, explained(0.9, 0.5), heat=True) is None
    for data in (explained(0.9, 0.7), explained(0.6, 0.5)):
        assert known.compare(ONE, data, heat=True), data
    assert known.compare_many([ONE, OTHER], many((ONE, said(0.9)), (OTHER, said(0.6)))) is None
    for body in (many((ONE, said(0.6)), (OTHER, said(0.9))), many((OTHER, said(0.6)), (ONE, said(0.9)))):
        assert known.compare_many([ONE, OTHER], body), body


@pytest.mark.parametrize(
    ("status", "sent", "answered", "excused"),
    [
        (503, 12, 13, True),
        (504, 8, 11, True),
        (503, 1, 9, False),
        (503, 21, 22, False),
        (0, 12, 13, False),
        (500, 12, 13, False),
        (200, 12, 13, False),
    ],
)
def test_only_what_a_fault_may_cause_is_excused_and_only_then(status, sent, answered, excused):
    window = Window("model server killed", 10, 20, frozenset({503, 504}), 5)
    outcome = Outcome("fresh", "a.jpg", sent, answered, status, 200, "wrong")
    assert (of_answers([outcome], [window]) == []) == excused


def samples(level):
    return [Sample(at, "gateway workers", 1, level(at), 10, 10) for at in range(0, HOUR, 20)]


def test_a_leak_is_noticed_and_a_process_that_gets_warm_is_none():
    assert of_memory(levels_of(samples(lambda at: 60 + min(at, 300) / 30), HOUR), HOUR) == []
    leak = levels_of(samples(lambda at: 60 + at / HOUR * 80), HOUR)
    assert of_memory(leak, HOUR)
    assert of_memory(leak, 45) is None
    before, same, more = ([Sample(0, "model server", 1, 100, files, threads)] for files, threads in ((20, 30), (25, 40), (60, 90)))
    assert (of_processes(before, same), len(of_processes(before, more))) == ([], 2)
