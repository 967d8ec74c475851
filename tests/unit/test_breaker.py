from gateway.breaker import FAILURES, PAUSE_SECONDS, Breaker


def test_opens_after_failures_in_a_row_and_tries_one_caller_after_a_pause():
    now = [100.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES - 1):
        assert not breaker.failed()
    assert not breaker.succeeded()
    for _ in range(FAILURES - 1):
        assert not breaker.failed()
    assert not breaker.open
    assert breaker.failed(), "the one that opens it is news"
    assert breaker.open
    now[0] += PAUSE_SECONDS
    assert [breaker.open, breaker.open] == [False, True], "one tries, the others wait"
    assert not breaker.failed()
    assert breaker.open
    now[0] += PAUSE_SECONDS
    assert not breaker.open
    assert breaker.succeeded(), "so is the one that closes it"
    assert not breaker.open
