"""Which calls are made once more, and how often at most."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from fake_serving import IMAGES
from prometheus_client import REGISTRY

from gateway.errors import ServingBusy, ServingTimeout, ServingUnavailable
from gateway.serving import client
from gateway.serving.client import QUEUE_IS_FULL, TensorFlowServing
from gateway.serving.retry import MOST


def test_unavailable_is_tried_once_more(fake, serving):
    fake.failures = [grpc.StatusCode.UNAVAILABLE]
    assert len(serving.classify(IMAGES)) == 2
    assert len(fake.requests) == 2


def test_nothing_is_tried_a_third_time_nor_other_failures_twice(fake, serving):
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 3
    with pytest.raises(ServingUnavailable):
        serving.classify(IMAGES)
    assert len(fake.requests) == 2
    fake.failures = [grpc.StatusCode.RESOURCE_EXHAUSTED]
    with pytest.raises(ServingBusy):
        serving.classify(IMAGES)
    assert len(fake.requests) == 3


def test_a_deadline_that_has_passed_is_no_reason_to_try_again(fake, port):
    fake.seconds = 1.0
    with pytest.raises(ServingTimeout):
        TensorFlowServing(f"127.0.0.1:{port}", 0.3).classify(IMAGES)
    assert len(fake.requests) == 1


def test_a_full_queue_is_no_reason_to_look_for_another_server(fake, serving, monkeypatch):
    monkeypatch.setattr(client, "RENEW_SECONDS", 0)
    serving.check()
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 2
    fake.details = f"{QUEUE_IS_FULL} to which this task was submitted is full; currently 8 batches enqueued and max_enqueued_batches is 8"
    with pytest.raises(ServingBusy):
        serving.classify(IMAGES)
    assert len(fake.requests) == 2


def retries(outcome):
    return REGISTRY.get_sample_value("ragam_serving_retries_total", {"outcome": outcome}) or 0


def test_the_budget_is_earned_by_successes_alone(fake, serving):
    calls = 100
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * (2 * calls)
    before = retries("made"), retries("refused")
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(serving.classify, IMAGES) for _ in range(calls)]
        assert all(isinstance(future.exception(), ServingUnavailable) for future in futures)
    assert fake.calls == calls + MOST
    assert (retries("made") - before[0], retries("refused") - before[1]) == (MOST, calls - MOST)
    fake.failures = []
    for _ in range(20):
        serving.classify(IMAGES)
    before = fake.calls
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 20
    for _ in range(5):
        with pytest.raises(ServingUnavailable):
            serving.classify(IMAGES)
    # Twenty successes are worth two retries, give or take what floats lose.
    assert 5 + 1 <= fake.calls - before <= 5 + 2


def test_a_channel_that_is_replaced_gives_no_third_attempt(fake, serving, monkeypatch):
    monkeypatch.setattr(client, "RENEW_SECONDS", 0)
    serving.check()
    fake.failures = [grpc.StatusCode.UNAVAILABLE] * 4
    with pytest.raises(ServingUnavailable):
        serving.classify(IMAGES)
    assert len(fake.requests) == 2


def test_an_outage_that_only_probes_notice_costs_no_budget(serving):
    for _ in range(20):
        with pytest.raises(ServingUnavailable):
            serving.check()
    assert serving._budget.spend()
