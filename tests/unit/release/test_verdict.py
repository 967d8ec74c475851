"""What speaks against a canary, and what does not."""

from collections import Counter

import numpy as np
import pytest

from release.evidence import Evidence
from release.verdict import Limits, judge, stability_index

GENRES = Counter(Abstract=500, Realism=300, Symbolism=100)


def evidence(failures=0, milliseconds=20.0, genres=None, answers=100, stable_failures=0, calls=80):
    return Evidence(
        answers=Counter(stable=900, canary=answers),
        calls=Counter(stable=700, canary=calls),
        seconds={"stable": 700 * 0.02, "canary": calls * milliseconds / 1000},
        failures=Counter(stable=stable_failures, canary=failures),
        genres={2: GENRES, 3: genres or Counter(Abstract=55, Realism=34, Symbolism=11)},
    )


def reasons(found, **limits):
    return judge(found, 2, 3, Limits(**limits)).reasons


def test_a_good_canary():
    verdict = judge(evidence(), 2, 3, Limits())
    assert verdict.reasons == []
    assert verdict.figures[:2] == [
        "stable (version 2): 900 pictures answered, 0 of 900 asked for failed, 20.0 ms a call for one",
        "canary (version 3): 100 pictures answered, 0 of 100 asked for failed, 20.0 ms a call for one",
    ]


def test_one_that_errs():
    [reason] = reasons(evidence(failures=2))
    assert reason == "It errs: 2.0% of its pictures failed, of the stable version's 0.0%; 1.0% more are allowed."
    assert reasons(evidence(failures=1)) == []
    assert reasons(evidence(failures=2), most_failures=0.05) == []
    assert reasons(evidence(failures=2, stable_failures=20)) == [], "what the stable version suffers too is not the canary's"


def test_one_that_is_slow():
    [reason] = reasons(evidence(milliseconds=40))
    assert reason == "It is slow: 40.0 ms a call for one picture, 2.00 times the stable version's 20.0 ms; 1.5 times are allowed."
    assert reasons(evidence(milliseconds=29)) == []
    assert reasons(evidence(milliseconds=40), most_slower=2.5) == []


def test_one_whose_time_is_not_known():
    [reason] = reasons(evidence(calls=19))
    assert reason == (
        "Its time is not known: 19 calls for one picture were answered by canary, 700 by stable, and 20 are needed to compare. "
        "--max-slower inf takes any time."
    )
    assert reasons(evidence(calls=19), most_slower=float("inf")) == []
    assert reasons(evidence(calls=20)) == []
    assert reasons(evidence(calls=0), most_slower=float("inf")) == []


def test_one_that_sees_other_genres():
    verdict = judge(evidence(genres=Counter(Abstract=10, Realism=30, Symbolism=60)), 2, 3, Limits())
    [reason] = verdict.reasons
    assert reason.startswith("It sees other genres: the population stability index is 1.")
    assert "  Symbolism: 11.1% of the stable version's pictures, 60.0% of its own" in verdict.figures


def test_too_little_to_decide():
    [reason] = reasons(evidence(genres=Counter(Abstract=55, Realism=34, Symbolism=10)))
    assert reason == "Only 99 pictures were answered by canary, and 100 are needed to decide."
    assert len(reasons(Evidence(), most_slower=float("inf"))) == 2
    assert len(reasons(evidence(failures=3, answers=0), least_answers=1000)) == 3, "stable, canary, and that it errs"


def test_the_index():
    assert stability_index(GENRES, Counter(Abstract=5000, Realism=3000, Symbolism=1000)) < 0.001
    assert stability_index(GENRES, Counter(Abstract=900)) > 2, "genres that it never saw"
    # By hand: shares 0.6 and 0.4 against 0.4 and 0.6, with half a picture on each side.
    share = 600.5 / 1001
    assert stability_index(Counter(a=600, b=400), Counter(a=400, b=600)) == pytest.approx(2 * (2 * share - 1) * np.log(share / (1 - share)))


def test_the_customary_limit_seldom_refuses_by_chance():
    random = np.random.default_rng(0)
    shares = [0.3, 0.2, 0.15, 0.15, 0.1, 0.05, 0.05]
    samples = zip(random.multinomial(900, shares, 4000), random.multinomial(100, shares, 4000), strict=True)
    exceeded = sum(stability_index(*(Counter(dict(enumerate(sample.tolist()))) for sample in pair)) > 0.2 for pair in samples)
    assert 0.002 < exceeded / 4000 < 0.02
