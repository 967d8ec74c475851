from datetime import UTC, datetime

import pytest

from ragam.patience import FIRST_SECONDS, LONGEST_BACKOFF_SECONDS, LONGEST_PAUSE_SECONDS, Patience, pause_of

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def test_waits_double_up_to_a_bound_and_end():
    waits = [Patience(20, lambda: 0.999999).seconds(attempt) for attempt in range(21)]
    assert waits[:4] == [pytest.approx(FIRST_SECONDS * 2**attempt, rel=1e-5) for attempt in range(4)]
    assert max(waits[:-1]) <= LONGEST_BACKOFF_SECONDS
    assert waits[-1] is None
    assert Patience(0).seconds(0) is None


def test_chance_spreads_each_wait_over_its_half():
    low, high = (Patience(5, lambda value=value: value).seconds(3) for value in (0.0, 1.0))
    assert (low, high) == (2.0, 4.0)
    assert len({Patience().seconds(3) for _ in range(20)}) > 1


def test_never_earlier_than_asked_and_not_all_at_once():
    assert Patience(5, lambda: 0.0).seconds(0, 7) == 7
    assert 7 < Patience(5, lambda: 0.9).seconds(0, 7) < 8
    assert Patience(5, lambda: 0.0).seconds(4, 1) == 4


def test_gives_up_where_the_pause_is_too_long():
    assert Patience(5).seconds(0, LONGEST_PAUSE_SECONDS) is not None
    assert Patience(5).seconds(0, LONGEST_PAUSE_SECONDS + 1) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("3", 3),
        (" 120 ", 120),
        ("-3", 0),
        ("soon", 0),
        ("٣", 0),
        ("9" * 400, float("inf")),
        ("Tue, 24 Nov 2026 08:30:10 GMT", 10),
        ("Tue, 24 Nov 2026 08:29:00 GMT", 0),
        ("Tue, 24 Nov 2026 08:30:10 -0000", 10),
    ],
)
def test_retry_after(text, seconds):
    assert pause_of(text, NOW) == seconds
