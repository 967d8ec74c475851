"""The soak's own judgement: what it must not let pass, and what it must excuse."""

import pytest
from faults import Window
from files_sent import File, bad_files, good_files
from judgement import memory as levels_of
from judgement import of_answers, of_gateway, of_memory, of_processes
from known_answers import Known, TooMuchAlike
from samples import Sample
from schedule import KINDS, REPLACING, faults, requests
from traffic import Outcome

HOUR = 3600
ONE, OTHER = File("one.jpg", b""), File("other.jpg", b"")


def said(first, version=1):
    scores = [{"genre": "Realism", "confidence": first}, {"genre": "Abstract", "confidence": round(1 - first, 4)}]
    best = max(scores, key=lambda entry: entry["confidence"])
    return {"image_types_prediction": best["genre"], "confidence": best["confidence"], "scores": scores, "model": {"version": version}}


def explained(first, heat, version=1):
    data = said(first, version)
    return {**data, "heatmap": [[heat] * 7] * 7}


@pytest.fixture
def known():
    known = Known()
    known.learn(ONE, said(0.9), explained(0.9, 0.5))
    known.learn(OTHER, said(0.6), explained(0.6, 0.7))
    known.learn(ONE, said(0.3, 2), explained(0.3, 0.1, 2))
    return known


@pytest.mark.parametrize("data", [said(0.6), said(0.9, 2), said(0.3), said(0.9, 3), {**said(0.9), "image_types_prediction": "Abstract"}])
def test_another_s_answer_is_noticed(known, data):
    assert known.compare(ONE, said(0.9)) is None
    assert known.compare(ONE, said(0.8996)) is None
    assert known.compare(ONE, data)


def test_another_s_heat_map_is_noticed(known):
    assert known.compare(ONE, explained(0.9, 0.5), heat=True) is None
    assert known.compare(ONE, explained(0.9, 0.7), heat=True)
    assert known.compare(ONE, explained(0.6, 0.5), heat=True)


def test_two_of_a_batch_that_changed_places_are_noticed(known):
    def body(*entries):
        return {"data": [{"file": file.name, "status": {"code": 200}, "data": data} for file, data in entries]}

    assert known.compare_many([ONE, OTHER], body((ONE, said(0.9)), (OTHER, said(0.6)))) is None
    assert known.compare_many([ONE, OTHER], body((ONE, said(0.6)), (OTHER, said(0.9))))
    assert known.compare_many([ONE, OTHER], body((OTHER, said(0.6)), (ONE, said(0.9))))


def test_pictures_that_could_be_mixed_up_unnoticed_are_refused(known):
    known.require_differences()
    known.learn(OTHER, said(0.9001), explained(0.9001, 0.2))
    with pytest.raises(TooMuchAlike):
        known.require_differences()


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


def samples(level, role="gateway workers", pid=1):
    return [Sample(at, role, pid, level(at), 10, 10) for at in range(0, HOUR, 20)]


def test_a_leak_is_noticed_and_a_process_that_gets_warm_is_none():
    warm = levels_of(samples(lambda at: 60 + min(at, 300) / 30), HOUR)
    assert of_memory(warm, HOUR) == []
    leak = levels_of(samples(lambda at: 60 + at / HOUR * 80), HOUR)
    assert of_memory(leak, HOUR)
    assert of_memory(leak, 45) is None


def test_files_and_threads_that_stay_are_noticed():
    def sample(files, threads):
        return [Sample(0, "model server", 1, 100, files, threads)]

    assert of_processes(sample(20, 30), sample(25, 40)) == []
    assert len(of_processes(sample(20, 30), sample(60, 90))) == 2


def test_what_the_gateway_says_itself_is_noticed():
    other = '{"level": "error", "logger": "gunicorn.error", "message": "Worker (pid:7) was sent SIGKILL!"}\n'
    unexpected = '{"level": "error", "logger": "ragam.app", "message": "unexpected error", "traceback": "KeyError"}\n'
    in_front = '{"level": "error", "logger": "uvicorn.error", "message": "Exception in ASGI application", "traceback": "OSError"}\n'
    assert of_gateway(other, "ragam_requests_in_flight 0.0\n") == []
    assert of_gateway(other + in_front, "ragam_requests_in_flight 0.0\n") == ["gateway: OSError"]
    assert of_gateway(other + unexpected, "ragam_requests_in_flight 0.0\n") == ["gateway: KeyError"]
    assert len(of_gateway("", "ragam_requests_in_flight 3.0\n")) == 1


def test_a_seed_decides_everything():
    assert requests(1, 60, 4) == requests(1, 60, 4) != requests(2, 60, 4)
    assert faults(1, HOUR) == faults(1, HOUR) != faults(2, HOUR)
    assert {request.kind for request in requests(1, HOUR, 4)} == set(KINDS)
    assert len(requests(1, HOUR, 4)) == pytest.approx(4 * HOUR, rel=0.05)


def test_the_second_half_of_an_hour_keeps_its_processes_and_a_version_goes_only_after_it_came():
    planned = faults(1, HOUR)
    assert set(REPLACING) < {fault.kind for fault in planned}
    late = [fault.kind for fault in planned if fault.at > HOUR / 2]
    assert len(late) > 10
    assert not set(late) & set(REPLACING)
    versions = [fault.kind for fault in planned if fault.kind in {"version published", "version removed"}]
    assert all(kind == ("version published", "version removed")[number % 2] for number, kind in enumerate(versions))


def test_pictures_differ_and_bad_files_have_their_status():
    good = good_files(1)
    assert len({file.data for file in good}) == len({file.name for file in good}) == len(good) == 20
    assert {file.status for file in good} == {200}
    assert {file.status for file in bad_files(good)} == {400}
