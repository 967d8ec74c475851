"""Which versions a policy chooses."""

from model_server.policy import Policy


def test_the_highest_first() -> None:
    found = {2, 10, 1, 9}
    assert Policy().choose(found) == [10]
    assert Policy(count=2).choose(found) == [10, 9]
    assert Policy(count=9).choose(found) == Policy(count=None).choose(found) == [10, 9, 2, 1]
    assert Policy(frozenset({2, 9, 77}), None).choose(found) == [9, 2]
    assert Policy(frozenset(), None).choose(found) == Policy().choose([]) == []
