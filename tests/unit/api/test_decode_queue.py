import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.api.decode_queue import Decoders, Lane
from gateway.capacity import CHEAP_BYTES
from gateway.errors import Overloaded
from gateway.picture.limits import CHEAP_SECONDS, Budget, Cost
from gateway.telemetry.metrics import stage

CHEAP, DEAR, LARGE = Cost(CHEAP_SECONDS, CHEAP_BYTES), Cost(1.0, 0), Cost(0.0, CHEAP_BYTES + 1)


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def waiting(lane):
    return len(lane._waiting)


def test_the_wait_is_a_stage_and_no_time_of_the_decoder_s():
    decoders, times = Decoders(1, 8, 2.5), {}
    lane = decoders.lane(CHEAP, {})
    lane.__enter__()

    def decode():
        with decoders.lane(CHEAP, times), stage("decode", times):
            pass

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(decode)
        until(lambda: waiting(decoders._cheap) == 1)
        assert times == {}
        lane.__exit__(None, None, None)
        done.result(60)
    assert set(times) == {"decode_wait_ms", "decode_ms"}


def test_who_has_waited_longest_is_next_also_where_another_comes_at_the_right_moment():
    lane, order = Lane(2), []
    lane.acquire()
    lane.acquire()

    def wait(name):
        lane.acquire()
        order.append(name)

    with ThreadPoolExecutor(4) as pool:
        for name in range(3):
            pool.submit(wait, name)
            until(lambda name=name: waiting(lane) == name + 1)
        lane.release()
        pool.submit(wait, "later")
        for count in range(1, 4):
            until(lambda count=count: len(order) == count)
            lane.release()
    assert order == [0, 1, 2, "later"]


@pytest.mark.parametrize("cost", [DEAR, LARGE])
def test_dear_pictures_hold_up_no_cheap_ones_and_at_most_half_of_the_threads(cost):
    decoders, leave = Decoders(1, 8, 100), threading.Event()

    def hold():
        with decoders.lane(cost, {}):
            leave.wait(60)

    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(hold) for _ in range(4)]
        until(lambda: waiting(decoders._dear) == 3)
        with pytest.raises(Overloaded), decoders.lane(cost, {}):
            pass
        with decoders.lane(CHEAP, {}):
            pass
        leave.set()
        assert [future.result(60) for future in held] == [None] * 4
    with decoders.lane(cost, {}):
        pass


def test_nobody_begins_to_wait_for_longer_than_is_allowed():
    lane = Lane(1, 10, 2.5)
    lane.acquire(3.0)
    with pytest.raises(Overloaded):
        lane.acquire(0.1)
    lane.release(3.0)
    lane.acquire(0.1)


def test_nobody_goes_on_waiting_for_longer_than_is_allowed():
    lane = Lane(1, 10, 0.05)
    lane.acquire(0.01)
    with pytest.raises(Overloaded):
        lane.acquire(0.01)
    # Who gave up is not waited for.
    lane.release(0.01)
    lane.acquire(0.01)


def test_the_many_pictures_of_a_request_are_dear_once_they_have_cost_as_much_as_a_dear_one():
    budget = Budget(0)
    budget.spend(Cost(CHEAP_SECONDS - 0.01, 0))
    assert not budget.is_dear
    budget.spend(Cost(0.02, 0))
    assert budget.is_dear
    decoders = Decoders(1, 2, 60)
    with decoders.lane(DEAR, {}):
        with decoders.lane(CHEAP, {}):
            pass
        with pytest.raises(Overloaded), decoders.lane(CHEAP, {}, is_dear=True):
            pass
