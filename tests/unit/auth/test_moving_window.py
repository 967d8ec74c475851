"""What of the counting is not seen from outside: threads at the same moment, what memory keeps, and how often a silent Redis is asked."""

import contextlib
import socket
import threading

import pytest
from redis_server import RedisServer

from gateway.auth.moving_window import PAUSE_SECONDS, MemoryStorage, MovingWindows


@pytest.fixture(params=["memory", "redis"])
def storage(request):
    if request.param == "memory":
        yield "memory://"
        return
    with RedisServer() as server:
        yield server.address


def test_threads_at_the_same_time_never_get_more_than_the_limit(storage):
    windows = MovingWindows("50/minute", storage)
    fits = []

    def take():
        fits.extend(windows.take("alice").fits for _ in range(25))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (fits.count(True), fits.count(False)) == (50, 50)


def test_memory_keeps_a_sender_for_one_window_and_no_longer(clock):
    storage = MemoryStorage()
    for number in range(2000):
        assert storage.acquire_entry(f"address {number}", 5, 10)
        assert storage.acquire_entry(f"address {number}", 5, 60)
        clock.now += 1 / 64
    assert storage.acquire_entry("alice", 5, 10)
    assert len(storage) == 10 * 64 + 2000
    clock.now += 60
    # A sender who is refused is not kept.
    assert not storage.acquire_entry("bob", 5, 10, amount=6)
    assert not storage.acquire_entry("bob", 5, 60, amount=6)
    assert len(storage) == 0


def test_a_redis_that_never_answers_is_given_up_and_not_asked_again_at_once(clock, caplog):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        windows = MovingWindows("1/minute", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        silent.setblocking(False)

        def asked():
            """Whether it was, since the last look."""
            count = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    silent.accept()[0].close()
                    count += 1
            return count > 0

        # Without a limit of time this would never return.
        assert windows.take("alice").fits
        assert asked()
        clock.now += 0.9 * PAUSE_SECONDS
        assert all(windows.take("alice").fits for _ in range(100))
        assert not asked()
        clock.now += 0.2 * PAUSE_SECONDS
        assert windows.take("alice").fits
        assert asked()
    assert "nothing is rate limited" in caplog.text
