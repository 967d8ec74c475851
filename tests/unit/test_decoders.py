import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.decoders import Decoders, turn
from gateway.metrics import stage


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_the_wait_for_a_turn_is_a_stage_and_no_time_of_the_decoder_s():
    decoders, times = Decoders(1), {}
    decoders.acquire()
    threading.Timer(0.2, decoders.release).start()
    with turn(decoders, times), stage("decode", times):
        pass
    assert times["turn_ms"] >= 150
    assert times["decode_ms"] < times["turn_ms"]


def test_a_turn_ends_also_where_the_picture_is_bad():
    decoders = Decoders(1)
    with pytest.raises(KeyError), turn(decoders, {}):
        raise KeyError
    with ThreadPoolExecutor(2) as pool:
        with turn(decoders, {}):
            second = pool.submit(decoders.acquire)
            with pytest.raises(TimeoutError):
                second.result(0.1)
        second.result(60)


def test_who_has_waited_longest_is_next_also_where_another_comes_at_the_right_moment():
    decoders, order = Decoders(2), []
    decoders.acquire()
    decoders.acquire()

    def wait(name):
        decoders.acquire()
        order.append(name)

    with ThreadPoolExecutor(4) as pool:
        for name in range(3):
            pool.submit(wait, name)
            until(lambda name=name: len(decoders._waiting) > name)
        decoders.release()
        pool.submit(wait, "later")
        for count in range(1, 4):
            until(lambda count=count: len(order) == count)
            decoders.release()
    assert order == [0, 1, 2, "later"]
