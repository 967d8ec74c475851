from collections import Counter
from io import BytesIO

from prometheus_client import REGISTRY

from benchmarks.metrics_cost import picture as metrics_of_a_picture
from gateway.app import create_app
from gateway.environ import QUEUED
from gateway.settings import Settings

OF_THE_ANSWER = ("genre", "version", "bin")


def counted() -> Counter:
    """How often each series was counted or observed, whatever the answer was."""
    found: Counter = Counter()
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if metric.name.startswith("ragam_") and sample.name.endswith(("_total", "_count")):
                labels = {name: value for name, value in sample.labels.items() if name not in OF_THE_ANSWER}
                found[sample.name, tuple(sorted(labels.items()))] += int(sample.value)
    return found


def test_it_counts_what_a_picture_counts(fake, serving, picture):
    client = create_app(Settings(), serving).test_client()

    def post():
        data = {"image": (BytesIO(picture()), "a.jpg")}
        assert client.post("/prediction", data=data, environ_overrides={QUEUED: True}).status_code == 200

    before = counted()
    post()
    by_the_gateway, before = counted() - before, counted()
    metrics_of_a_picture(0)
    assert counted() - before == by_the_gateway
