"""Whether a canary may become the stable version: it errs no more, is not much slower, and sees the same genres in as many pictures."""

import math
from collections import Counter
from dataclasses import dataclass

from release.evidence import Evidence
from release.models_config import CANARY, STABLE

# Calls for one picture, of each version, before their mean times are compared.
LEAST_CALLS = 20


@dataclass(frozen=True)
class Limits:
    """least_answers: pictures, of each version, before anything is decided. most_failures: share of pictures, above the stable version's.

    most_slower: times the stable version's mean time of a call for one picture; infinite for any time. A call for many takes
    another time, and of many pictures sent together a canary gets a few. most_shift: population stability index of the genres. Its
    customary limit is 0.2, which two samples of the same 7 genres, of 100 and 900 pictures, exceed in 7 of 1,000 cases.
    """

    least_answers: int = 100
    most_failures: float = 0.01
    most_slower: float = 1.5
    most_shift: float = 0.2


@dataclass(frozen=True)
class Verdict:
    """The figures, a line each, and what speaks against the canary, a sentence each."""

    figures: list[str]
    reasons: list[str]


def judge(evidence: Evidence, stable: int, canary: int, limits: Limits) -> Verdict:
    """Hold version `canary` to version `stable`."""
    figures, reasons = [], []
    failed: dict[str, float] = {}
    mean: dict[str, float] = {}
    pictures: dict[str, int] = {}
    for label, version in ((STABLE, stable), (CANARY, canary)):
        answers, failures = evidence.answers[label], evidence.failures[label]
        pictures[label] = evidence.genres.get(version, Counter()).total()
        failed[label] = failures / max(answers + failures, 1)
        mean[label] = evidence.seconds.get(label, 0.0) / max(evidence.calls[label], 1)
        figures.append(
            f"{label} (version {version}): {pictures[label]} pictures answered, "
            f"{failures} of {answers + failures} asked for failed, {mean[label] * 1000:.1f} ms a call for one"
        )
        if pictures[label] < limits.least_answers:
            reasons.append(f"Only {pictures[label]} pictures were answered by {label}, and {limits.least_answers} are needed to decide.")
    if failed[CANARY] > failed[STABLE] + limits.most_failures:
        reasons.append(
            f"It errs: {failed[CANARY]:.1%} of its pictures failed, of the stable version's {failed[STABLE]:.1%}; "
            f"{limits.most_failures:.1%} more are allowed."
        )
    few = min(evidence.calls[STABLE], evidence.calls[CANARY]) < LEAST_CALLS
    if few and math.isfinite(limits.most_slower):
        reasons.append(
            f"Its time is not known: {evidence.calls[CANARY]} calls for one picture were answered by {CANARY}, {evidence.calls[STABLE]} "
            f"by {STABLE}, and {LEAST_CALLS} are needed to compare. --max-slower inf takes any time."
        )
    elif mean[CANARY] > mean[STABLE] * limits.most_slower:
        reasons.append(
            f"It is slow: {mean[CANARY] * 1000:.1f} ms a call for one picture, {mean[CANARY] / mean[STABLE]:.2f} times "
            f"the stable version's {mean[STABLE] * 1000:.1f} ms; {limits.most_slower:g} times are allowed."
        )
    if all(pictures.values()):
        shift = stability_index(evidence.genres[stable], evidence.genres[canary])
        figures.append(f"population stability index of the genres: {shift:.3f}")
        if shift > limits.most_shift:
            reasons.append(f"It sees other genres: the population stability index is {shift:.3f}, and {limits.most_shift:g} is allowed.")
            figures += shares(evidence.genres[stable], evidence.genres[canary])
    return Verdict(figures, reasons)


def stability_index(expected: Counter[str], seen: Counter[str]) -> float:
    """Over the genres of both; half a picture is added to each, for the logarithm of a genre that one of them never saw."""
    genres = expected.keys() | seen.keys()
    wanted, found = (
        {genre: (counts[genre] + 0.5) / (counts.total() + 0.5 * len(genres)) for genre in genres} for counts in (expected, seen)
    )
    return sum((found[genre] - wanted[genre]) * math.log(found[genre] / wanted[genre]) for genre in genres)


def shares(expected: Counter[str], seen: Counter[str]) -> list[str]:
    return [
        f"  {genre}: {expected[genre] / expected.total():.1%} of the stable version's pictures, {seen[genre] / seen.total():.1%} of its own"
        for genre in sorted(expected.keys() | seen.keys())
    ]
