"""What the gateways' metrics say of a canary beside the stable version."""

import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from prometheus_client.parser import text_string_to_metric_families

from release.errors import ReleaseError
from training.printed import say

PAGE_SECONDS = 10.0

# The name of a sample and its labels, and its value.
Page = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass
class Evidence:
    """By version label: pictures that were answered, and that failed; calls for one picture, and their seconds together.

    By version: pictures of each genre.
    """

    answers: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    genres: dict[int, Counter[str]] = field(default_factory=dict)


def gather(urls: Sequence[str], window: float) -> Evidence:
    """What the gateways with metrics at `urls` do in the next `window` seconds; with 0 what they did since they started.

    Raises ReleaseError where one does not answer, or answers something else.
    """
    before: list[Page] = [{}] * len(urls)
    if window:
        before = [read(url) for url in urls]
        say(f"Watching the gateways for {window:g} seconds.")
        time.sleep(window)
    return count([increase(old, read(url)) for old, url in zip(before, urls, strict=True)])


def read(url: str) -> Page:
    try:
        with urllib.request.urlopen(url, timeout=PAGE_SECONDS) as answer:  # noqa: S310 - promote takes no other than http and https
            page = parse(answer.read().decode())
    # urllib and http.client refuse an address late, in ways of their own: a port that is no number, or above 65535.
    except (OSError, HTTPException, ValueError, OverflowError) as error:
        raise ReleaseError(f"{url} has no metrics: {error}") from error
    if not page:
        raise ReleaseError(f"{url} has no metrics of a gateway. Name its /metrics.")
    return page


def parse(text: str) -> Page:
    """The gateway's samples in Prometheus' text format. Raises ValueError where it is none."""
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples if sample.name.startswith("ragam_")}


def increase(before: Page, after: Page) -> Page:
    """How much each counter grew; one that fell belongs to a gateway that started again, and began at 0."""
    return {key: value - before.get(key, 0) if value >= before.get(key, 0) else value for key, value in after.items()}


def count(pages: Sequence[Page]) -> Evidence:
    evidence = Evidence()
    for page in pages:
        for (name, pairs), value in page.items():
            labels = dict(pairs)
            if name == "ragam_label_answers_total":
                evidence.answers[labels["label"]] += int(value)
            elif name == "ragam_label_seconds_count":
                evidence.calls[labels["label"]] += int(value)
            elif name == "ragam_label_seconds_sum":
                evidence.seconds[labels["label"]] = evidence.seconds.get(labels["label"], 0.0) + value
            elif name == "ragam_label_failures_total":
                evidence.failures[labels["label"]] += int(value)
            elif name == "ragam_predictions_total":
                evidence.genres.setdefault(int(labels["version"]), Counter())[labels["genre"]] += int(value)
    return evidence
