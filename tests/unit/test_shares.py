import os

import pytest

from gateway.door.shares import Shares


@pytest.fixture
def three():
    shares = Shares()
    return [shares.of(age) for age in (1, 2, 3)]


def test_a_newcomer_is_for_whoever_has_the_fewest_clients(three):
    for share, clients in zip(three, (2, 1, 3), strict=True):
        share.tell(clients)
    assert [share.is_small() for share in three] == [False, True, False]
    three[1].tell(2)
    assert [share.is_small() for share in three] == [True, True, False]


def test_among_many_one_more_is_no_difference(three):
    first, second, third = three
    third.leave()
    first.tell(64)
    second.tell(56)
    assert first.is_small()
    second.tell(55)
    assert not first.is_small()


def test_who_has_not_begun_or_has_left_is_waited_for_by_nobody(three):
    first, second, _ = three
    first.tell(5)
    assert first.is_small()
    second.tell(0)
    assert not first.is_small()
    second.leave()
    assert first.is_small()


def test_what_a_worker_tells_is_seen_in_all_processes(three):
    first, second, _ = three
    first.tell(1)
    child = os.fork()
    if not child:
        second.tell(0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert not first.is_small()


def test_so_many_workers_may_start_one_after_the_other():
    shares = Shares()
    for age in range(1, 10_000):
        share = shares.of(age)
        share.tell(1)
        assert share.is_small()
        share.leave()
