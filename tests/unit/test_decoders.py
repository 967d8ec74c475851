import threading
import time
from threading import BoundedSemaphore

import pytest

from gateway.decoders import turn
from gateway.metrics import stage


def test_the_wait_for_a_turn_is_a_stage_and_no_time_of_the_decoder_s():
    decoders, times = BoundedSemaphore(1), {}
    decoders.acquire()
    threading.Timer(0.2, decoders.release).start()
    with turn(decoders, times), stage("decode", times):
        pass
    assert times["turn_ms"] >= 150
    assert times["decode_ms"] < times["turn_ms"]


def test_a_turn_ends_also_where_the_picture_is_bad():
    decoders = BoundedSemaphore(1)
    with pytest.raises(KeyError), turn(decoders, {}):
        raise KeyError
    start = time.monotonic()
    with turn(decoders, {}):
        assert time.monotonic() - start < 5
        assert not decoders.acquire(blocking=False)
