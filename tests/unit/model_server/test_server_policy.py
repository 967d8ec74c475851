"""Which versions a policy chooses."""

import pytest

from model_server.policy import Policy


@pytest.mark.parametrize(
    ("policy", "chosen"),
    [
        (Policy(), [10]),
        (Policy(count=2), [10, 9]),
        (Policy(count=9), [10, 9, 2, 1]),
        (Policy(count=None), [10, 9, 2, 1]),
        (Policy(frozenset({2, 9, 77}), None), [9, 2]),
        (Policy(frozenset({77}), None), []),
        (Policy(frozenset(), None), []),
    ],
)
def test_the_highest_first(policy: Policy, chosen: list[int]) -> None:
    assert policy.choose({2, 10, 1, 9}) == chosen


def test_nothing_of_nothing() -> None:
    assert Policy().choose([]) == []
