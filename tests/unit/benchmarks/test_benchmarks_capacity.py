"""The model of capacity: its closed form, and what it takes from the model server's configuration."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.capacity import Inputs, gateway_rate, plan, serving_rate
from benchmarks.capacity_simulation import BATCH_TIMEOUT_SECONDS
from gateway.contract import IMAGE_BYTES, MAX_BATCH

INPUTS = Inputs()
LOADS = st.floats(0.1, 1e6)


@given(LOADS, st.integers(0, 3))
def test_the_pods_carry_the_load_while_the_spare_ones_are_missing_and_one_less_would_not(load, spare):
    inputs = replace(INPUTS, spare=spare)
    for count, rate in ((plan(load, inputs).gateways, gateway_rate(inputs)), (plan(load, inputs).servings, serving_rate(inputs)[0])):
        assert (count - spare) * rate * inputs.headroom >= load * (1 - 1e-9)
        assert (count - spare - 1) * rate * inputs.headroom < load * (1 + 1e-9)


def test_units():
    assert gateway_rate(INPUTS) == pytest.approx(2 / 0.021)
    found = plan(1000, replace(INPUTS, gateway_ms=20, headroom=0.5, spare=0, serving_rate=1000))
    # 20 s of processor a second, on cores that are half used.
    assert (found.gateways, found.servings) == (20, 2)
    assert found.upload_gbit == pytest.approx(1000 * 478e3 * 8 / 1e9)
    assert found.tensor_gbit == pytest.approx(1000 * 224 * 224 * 3 * 4 * 8 / 1e9)
    assert found.price_an_hour == pytest.approx(20 * 2 * 0.04 + 2 * 0.70)
    assert found.price_a_million == pytest.approx(found.price_an_hour / 3.6)
    assert found.connections == 20 * 2 * 2
    assert found.handshakes == pytest.approx(80 / 30)
    assert found.dns_queries == pytest.approx(40 * 2 / 30)


def test_the_network_bounds_a_serving_pod_that_computes_faster():
    fast = replace(INPUTS, serving_rate=20_000)
    assert serving_rate(fast) == (pytest.approx(1.25e9 / IMAGE_BYTES), "network")
    assert plan(100_000, fast).bound_by == "network"
    assert serving_rate(replace(fast, serving_gbit=200)) == (20_000, "computing")


def test_a_batch_is_what_the_model_server_makes_of_it():
    text = (Path(__file__).resolve().parents[3] / "model_repository" / "batching.config").read_text()
    figures = {name: int(value) for name, value in re.findall(r"(\w+) \{ value: (\d+) \}", text)}
    assert figures["max_batch_size"] == MAX_BATCH
    assert figures["batch_timeout_micros"] == BATCH_TIMEOUT_SECONDS * 1e6
