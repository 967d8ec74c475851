"""Who waits for a thread and for how long, and what may be held meanwhile. No clock decides: the test ends a wait, or its limit does."""

import asyncio
import functools
import time
from types import SimpleNamespace

import pytest

from gateway.errors import Overloaded, TooSlow
from gateway.front import admission
from gateway.front.admission import FIRST_INTERVAL_SECONDS, MOVE_BYTES, Queue, Transfer, Transfers
from gateway.telemetry.metrics import EXPECTED_WAIT, IN_FLIGHT

LONG = 1000


def in_a_loop(test):
    """An event loop for the coroutine `test`, which ends it where it hangs."""

    @functools.wraps(test)
    def run(**fixtures):
        asyncio.run(asyncio.wait_for(test(**fixtures), 60))

    return run


def value(gauge):
    [metric] = gauge.collect()
    [sample] = metric.samples
    return sample.value


async def turns(count=10):
    """Lets the other tasks go on until they wait for something."""
    for _ in range(count):
        await asyncio.sleep(0)


class Work:
    """Requests that have, or wait for, a thread of `queue` until they are let go of."""

    def __init__(self, queue):
        self._queue, self._may_end = queue, asyncio.Event()
        self.begun, self.tasks = [], []

    async def _request(self, number):
        async with self._queue.thread():
            self.begun.append(number)
            await self._may_end.wait()

    async def come(self, count):
        self.tasks += [asyncio.create_task(self._request(len(self.tasks) + number)) for number in range(count)]
        await turns()

    async def end(self):
        """The errors of those that were refused."""
        self._may_end.set()
        return [type(error) for error in await asyncio.gather(*self.tasks, return_exceptions=True) if error]


@pytest.fixture
def clock(monkeypatch):
    """Stands still, until a test sets it."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(admission, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(admission, "MOVE_SECONDS", 0.05)


@in_a_loop
async def test_the_expected_wait_is_what_is_queued_times_the_time_between_answers(clock):
    queue, before = Queue(2, LONG), value(IN_FLIGHT)
    work = Work(queue)
    await work.come(2)
    assert value(EXPECTED_WAIT) == 0
    await work.come(6)
    assert (value(EXPECTED_WAIT), value(IN_FLIGHT)) == (pytest.approx(6 * FIRST_INTERVAL_SECONDS), before + 8)
    clock.seconds += 3
    assert queue.expected_wait == pytest.approx(6 * 3), "nothing was answered for three seconds"
    assert await work.end() == []
    assert work.begun == list(range(8)), "first come, first served"
    assert (value(EXPECTED_WAIT), value(IN_FLIGHT)) == (0, before), "nothing is left of it"


@in_a_loop
async def test_the_time_between_answers_counts_no_rest(clock):
    queue = Queue(1, LONG)
    for _ in range(100):
        async with queue.thread():
            clock.seconds += 2
        clock.seconds += 100
    work = Work(queue)
    await work.come(2)
    assert queue.expected_wait == pytest.approx(2, abs=0.05)
    await work.end()


@in_a_loop
async def test_who_would_wait_for_too_long_is_refused_at_once(clock):
    # One at work; at four that wait the next would wait for 4 times the mean.
    work = Work(Queue(1, 3.5 * FIRST_INTERVAL_SECONDS))
    await work.come(6)
    assert [task.done() for task in work.tasks] == [False] * 5 + [True]
    assert await work.end() == [Overloaded]
    assert work.begun == list(range(5))


@in_a_loop
async def test_who_has_waited_for_too_long_is_refused_and_not_computed():
    queue = Queue(1, 0.05)
    await (work := Work(queue)).come(2)
    # The first keeps its thread until the second has given up.
    await asyncio.wait([work.tasks[1]])
    assert await work.end() == [Overloaded]
    assert (work.begun, queue.expected_wait) == ([0], 0)


@in_a_loop
async def test_a_request_that_fails_gives_its_thread_back():
    queue, before = Queue(1, LONG), value(IN_FLIGHT)
    for _ in range(2):
        with pytest.raises(KeyError):
            async with queue.thread():
                raise KeyError
    assert value(IN_FLIGHT) == before


async def body(transfers, size):
    """A transfer that holds bytes, and waits for more until it is ended."""
    try:
        async with transfers.run() as transfer:
            transfers.hold(size, transfer)
            await asyncio.Event().wait()
    finally:
        transfers.release(size)


@in_a_loop
async def test_beyond_the_bytes_who_began_first_is_ended():
    transfers, tasks = Transfers(100), []
    for size, ended in ((40, 0), (40, 0), (40, 1), (90, 3)):
        tasks.append(asyncio.create_task(body(transfers, size)))
        await turns()
        if ended:
            await asyncio.wait(tasks[:ended])
        assert [task.done() for task in tasks] == [True] * ended + [False] * (len(tasks) - ended)
    tasks[-1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results[:3]] == [Overloaded] * 3
    assert transfers._bytes == 0


@in_a_loop
async def test_of_what_has_come_already_nothing_is_ended_for_one_that_is_ended_too():
    """An ended one lets go of its bytes a moment later: until then they count as gone."""
    transfers, first, second = Transfers(100), Transfer(), Transfer()
    transfers._running = {first: None, second: None}
    for count, transfer in ((60, first), (60, second), (30, second)):
        transfers.hold(count, transfer)
    assert isinstance(first.error, Overloaded)
    assert second.error is None


@in_a_loop
async def test_what_moves_too_slowly_is_ended(short):
    with pytest.raises(TooSlow):
        await body(Transfers(100), 40)


@in_a_loop
async def test_time_is_given_for_bytes_not_for_pieces_and_none_to_what_was_stopped():
    transfer, given = Transfer(), []
    transfer.reschedule = given.append
    for total, times in ((MOVE_BYTES - 1, 0), (MOVE_BYTES, 1), (MOVE_BYTES + 1, 1), (2 * MOVE_BYTES - 1, 1), (2 * MOVE_BYTES, 2)):
        transfer.moved(total)
        assert len(given) == times, total
    transfer.stop(Overloaded())
    transfer.stop(TooSlow())
    transfer.moved(3 * MOVE_BYTES)
    assert given[2:] == [0]
    assert isinstance(transfer.error, Overloaded)


@in_a_loop
async def test_who_stops_what_has_run_out_of_time_and_does_not_know_yet_is_none_the_worse(short):
    """asyncio gives no other time to it then, and says so with an error: to whoever came for the bytes, who had done nothing."""
    transfers, loop, told = Transfers(100), asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: told.append(context))
    task = asyncio.create_task(body(transfers, 90))
    await turns()
    loop.call_later(0.06, transfers.hold, 90, Transfer())
    # Both are due, one behind the other.
    time.sleep(0.1)
    with pytest.raises(Overloaded):
        await task
    assert told == []
