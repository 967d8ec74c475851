"""How long after a request anything is begun for it."""

import math
from types import SimpleNamespace

from gateway.front import connection
from gateway.front.connection import REQUEST_SECONDS, Connection


def test_the_time_for_an_answer_begins_with_the_last_byte_of_the_request(monkeypatch):
    """A large file over a slow line takes minutes, and must not be in vain."""
    monkeypatch.setattr(connection, "time", clock := SimpleNamespace(now=0.0, monotonic=lambda: clock.now))
    one = Connection.__new__(Connection)
    one._loop, one.is_lost, one._gone_at = SimpleNamespace(call_soon=lambda *_: None), False, math.inf
    for _ in range(2):
        one.begin(10**6)
        clock.now += 10 * REQUEST_SECONDS
        assert not one.is_abandoned()
        one.complete()
        clock.now += REQUEST_SECONDS
        assert not one.is_abandoned()
        clock.now += 1
        assert one.is_abandoned()
