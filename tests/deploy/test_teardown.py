"""Last, for its name: the service ends in order, and nothing of it is left."""

import time


def test_down_leaves_nothing(deployment):
    assert deployment.left()
    start = time.monotonic()
    deployment.compose("down", "--volumes")
    seconds = time.monotonic() - start
    print(f"\ndown within {seconds:.1f} s")
    # Both servers end by themselves when told: neither is killed after its grace period of 35 s.
    assert seconds < 15
    assert deployment.left() == []
