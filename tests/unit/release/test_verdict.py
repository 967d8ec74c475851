"""What speaks against a canary, and what does not."""

from collections import Counter

import numpy as np
import pytest

from release.evidence import Evidence
from release.verdict import Limits, judge, stability_index

GENRES = Counter(Abstract=500, Realism=300, Symbolism=100)
ALIKE = Counter(Abstract=55, Realism=34, Symbolism=11)
OTHERS = Counter(Abstract=10, Realism=30, Symbolism=60)
INF = float("inf")


def evidence(failures=0, milliseconds=20.0, genres=ALIKE, answers=100, stable_failures=0, calls=80):
    return Evidence(
        answers=Counter(stable=900, canary=answers),
        calls=Counter(stable=700, canary=calls),
        seconds={"stable": 700 * 0.02, "canary": calls * milliseconds / 1000},
        failures=Counter(stable=stable_failures, canary=failures),
        genres={2: GENRES, 3: genres},
    )


@pytest.mark.parametrize(
    ("found", "limits", "reasons"),
    [
        ({}, {}, []),
        ({"failures": 1}, {}, []),
        ({"failures": 2}, {}, ["It errs: 2.0% of its pictures failed, of the stable version's 0.0%; 1.0% more are allowed."]),
        ({"failures": 2}, {"most_failures": 0.05}, []),
        # What the stable version suffers too is not the canary's.
        ({"failures": 2, "stable_failures": 20}, {}, []),
        ({"milliseconds": 29}, {}, []),
        (
            {"milliseconds": 40},
            {},
            ["It is slow: 40.0 ms a call for one picture, 2.00 times the stable version's 20.0 ms; 1.5 times are allowed."],
        ),
        ({"milliseconds": 40}, {"most_slower": 2.5}, []),
        ({"calls": 19}, {}, ["Its time is not known: 19 calls for one picture were answered by canary, 700 by stable, and 20 "]),
        ({"calls": 20}, {}, []),
        ({"calls": 0}, {"most_slower": INF}, []),
        ({"genres": OTHERS}, {}, ["It sees other genres: the population stability index is 1."]),
        ({"genres": ALIKE - Counter(Symbolism=1)}, {}, ["Only 99 pictures were answered by canary, and 100 are needed to decide."]),
        ({"failures": 3, "answers": 0}, {"least_answers": 1000}, ["Only 900 pictures", "Only 100 pictures", "It errs: "]),
    ],
)
def test_what_speaks_against_a_canary(found, limits, reasons):
    told = judge(evidence(**found), 2, 3, Limits(**limits)).reasons
    assert len(told) == len(reasons), told
    for reason, beginning in zip(told, reasons, strict=True):
        assert reason.startswith(beginning)


def test_the_figures_are_told_and_without_any_nothing_is_decided():
    figures = judge(evidence(genres=OTHERS), 2, 3, Limits()).figures
    assert figures[:2] == [
        "stable (version 2): 900 pictures answered, 0 of 900 asked for failed, 20.0 ms a call for one",
        "canary (version 3): 100 pictures answered, 0 of 100 asked for failed, 20.0 ms a call for one",
    ]
    assert "  Symbolism: 11.1% of the stable version's pictures, 60.0% of its own" in figures
    assert len(judge(Evidence(), 2, 3, Limits(most_slower=INF)).reasons) == 2


def test_the_index():
    assert stability_index(GENRES, Counter(Abstract=5000, Realism=3000, Symbolism=1000)) < 0.001
    assert stability_index(GENRES, Counter(Abstract=900)) > 2, "genres that it never saw"
    # By hand: shares 0.6 and 0.4 against 0.4 and 0.6, with half a picture on each side.
    share = 600.5 / 1001
    assert stability_index(Counter(a=600, b=400), Counter(a=400, b=600)) == pytest.approx(2 * (2 * share - 1) * np.log(share / (1 - share)))
