"""Percentiles, medians over rounds, ratios. A figure that nobody measured is NaN, and stays so."""

import math
import statistics
from collections.abc import Mapping, Sequence

NOTHING = float("nan")


def percentile(values: Sequence[float], share: float) -> float:
    """The least of `values` that at least `share` percent do not exceed (nearest rank); NaN of none."""
    if not values:
        return NOTHING
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def median(values: Sequence[float]) -> float:
    """Of those that are figures; NaN of none."""
    found = [value for value in values if not math.isnan(value)]
    return statistics.median(found) if found else NOTHING


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each figure over the rounds, which have the same figures."""
    return {name: median([figures[name] for figures in rounds]) for name in rounds[0]} if rounds else {}


def ratio(value: float, base: float) -> float:
    """NaN where there is no base."""
    return value / base if base else NOTHING


def rounded(value: float, digits: int = 3) -> float:
    """To significant digits, as the results file keeps them."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else value
