from gateway.serving.breaker import FAILURES, PAUSE_SECONDS, Breaker


def test_opens_after_failures_in_a_row_and_tries_one_caller_after_a_pause():
    now = [100.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES - 1):
        assert not breaker.failed()
    assert not breaker.succeeded()
    for _ in range(FAILURES - 1):
        assert not breaker.failed()
    assert not breaker.leaves_alone()
    assert breaker.failed(), "the one that opens it is news"
    assert breaker.leaves_alone()
    now[0] += PAUSE_SECONDS
    assert [breaker.leaves_alone(), breaker.leaves_alone()] == [False, True], "one tries, the others wait"
    assert not breaker.failed()
    assert breaker.leaves_alone()
    now[0] += PAUSE_SECONDS
    assert not breaker.leaves_alone()
    assert breaker.succeeded(), "so is the one that closes it"
    assert not breaker.leaves_alone()
