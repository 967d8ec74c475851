import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.api.decode_queue import DecodeQueue, DecodeQueues
from gateway.capacity import CHEAP_BYTES
from gateway.errors import Overloaded
from gateway.picture.limits import CHEAP_SECONDS, Budget, Cost

CHEAP, COSTLY, LARGE = Cost(CHEAP_SECONDS, CHEAP_BYTES), Cost(1.0, 0), Cost(0.0, CHEAP_BYTES + 1)


def until(condition):
    while not condition():
        time.sleep(0.001)


def test_who_has_waited_longest_is_next_also_where_another_comes_at_the_right_moment():
    queue, order = DecodeQueue(2), []
    queue.acquire()
    queue.acquire()

    def wait(name):
        queue.acquire()
        order.append(name)

    with ThreadPoolExecutor(4) as pool:
        for name in range(3):
            pool.submit(wait, name)
            until(lambda name=name: len(queue._waiting) == name + 1)
        queue.release()
        pool.submit(wait, "later")
        for count in range(1, 4):
            until(lambda count=count: len(order) == count)
            queue.release()
    assert order == [0, 1, 2, "later"]


@pytest.mark.parametrize("cost", [COSTLY, LARGE])
def test_costly_pictures_hold_up_no_cheap_ones_and_at_most_half_of_the_threads(cost):
    decode_queues, leave = DecodeQueues(1, 8, 100), threading.Event()

    def hold():
        with decode_queues.slot(cost, {}):
            leave.wait(60)

    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(hold) for _ in range(4)]
        until(lambda: len(decode_queues._costly._waiting) == 3)
        with pytest.raises(Overloaded), decode_queues.slot(cost, {}):
            pass
        with decode_queues.slot(CHEAP, {}):
            pass
        leave.set()
        assert [future.result(60) for future in held] == [None] * 4
    with decode_queues.slot(cost, {}):
        pass


def test_nobody_begins_to_wait_or_goes_on_for_longer_than_is_allowed():
    queue = DecodeQueue(1, 10, 2.5)
    queue.acquire(3.0)
    with pytest.raises(Overloaded):
        queue.acquire(0.1)
    queue.release(3.0)
    queue.acquire(0.1)
    queue = DecodeQueue(1, 10, 0.05)
    queue.acquire(0.01)
    with pytest.raises(Overloaded):
        queue.acquire(0.01)
    # Who gave up is not waited for.
    queue.release(0.01)
    queue.acquire(0.01)


def test_the_many_pictures_of_a_request_are_costly_once_they_have_cost_as_much_as_a_costly_one():
    budget = Budget(0)
    for cost, is_costly in ((CHEAP_SECONDS - 0.01, False), (0.02, True)):
        budget.spend(Cost(cost, 0))
        assert budget.is_costly == is_costly
    decode_queues = DecodeQueues(1, 2, 0.05)
    # A picture that cannot be decoded gives its place back.
    with contextlib.suppress(OSError), decode_queues.slot(COSTLY, {}):
        raise OSError
    with decode_queues.slot(COSTLY, {}):
        with decode_queues.slot(CHEAP, {}):
            pass
        with pytest.raises(Overloaded), decode_queues.slot(CHEAP, {}, is_costly=True):
            pass
