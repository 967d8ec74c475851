"""Who waits for a thread and for how long, and what may be held meanwhile. No clock decides: the test ends a wait, or its limit does."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from gateway.errors import Overloaded, TooSlow
from gateway.front import admission
from gateway.front.admission import FIRST_INTERVAL_SECONDS, MOVE_BYTES, Queue, Transfer, Transfers
from gateway.telemetry.metrics import EXPECTED_WAIT, IN_FLIGHT

LONG = 1000


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

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.may_end = asyncio.Event()
        self.begun: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def _request(self, number: int) -> None:
        async with self._queue.thread():
            self.begun.append(number)
            await self.may_end.wait()

    async def come(self, count: int) -> None:
        self.tasks += [asyncio.create_task(self._request(len(self.tasks) + number)) for number in range(count)]
        await turns()

    async def end(self) -> list[BaseException | None]:
        self.may_end.set()
        return await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
def clock(monkeypatch):
    """Stands still, until a test sets it."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(admission, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def test_the_expected_wait_is_what_is_queued_times_the_time_between_answers(clock):
    async def scenario():
        queue = Queue(2, LONG)
        work = Work(queue)
        await work.come(2)
        at_work = value(EXPECTED_WAIT)
        await work.come(6)
        waiting = value(EXPECTED_WAIT), value(IN_FLIGHT)
        clock.seconds += 3
        silent = queue.expected_wait
        await work.end()
        return at_work, waiting, silent, work.begun

    before = value(IN_FLIGHT)
    at_work, waiting, silent, begun = asyncio.run(scenario())
    assert at_work == 0
    assert waiting == (pytest.approx(6 * FIRST_INTERVAL_SECONDS), before + 8)
    assert silent == pytest.approx(6 * 3), "nothing was answered for three seconds"
    assert begun == list(range(8)), "first come, first served"
    assert (value(EXPECTED_WAIT), value(IN_FLIGHT)) == (0, before), "nothing is left of it"


def test_the_time_between_answers_counts_no_rest(clock):
    async def scenario():
        queue = Queue(1, LONG)
        for _ in range(100):
            async with queue.thread():
                clock.seconds += 2
            clock.seconds += 100
        async with queue.thread():
            work = Work(queue)
            await work.come(1)
            wait = queue.expected_wait
        await work.end()
        return wait

    assert asyncio.run(scenario()) == pytest.approx(2, abs=0.05)


def test_who_would_wait_for_too_long_is_refused_at_once(clock):
    async def scenario():
        # One at work; at four that wait the next would wait for 4 times the mean.
        work = Work(Queue(1, 3.5 * FIRST_INTERVAL_SECONDS))
        await work.come(6)
        done = [task.done() for task in work.tasks]
        results = await work.end()
        return done, results[-1], work.begun

    done, result, begun = asyncio.run(scenario())
    assert (done, begun) == ([False] * 5 + [True], list(range(5)))
    assert isinstance(result, Overloaded)


def test_who_has_waited_for_too_long_is_refused_and_not_computed():
    async def scenario():
        queue = Queue(1, 0.05)
        work = Work(queue)
        await work.come(2)
        # The first keeps its thread until the second has given up.
        await asyncio.wait_for(asyncio.wait([work.tasks[1]]), 60)
        [_, result] = await work.end()
        return result, work.begun, queue.expected_wait

    result, begun, wait = asyncio.run(scenario())
    assert isinstance(result, Overloaded)
    assert (begun, wait) == ([0], 0)


def test_a_request_that_fails_gives_its_thread_back():
    async def scenario():
        queue = Queue(1, LONG)
        for _ in range(2):
            with pytest.raises(KeyError):
                async with queue.thread():
                    raise KeyError

    before = value(IN_FLIGHT)
    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert value(IN_FLIGHT) == before


async def body(transfers: Transfers, size: int) -> None:
    """A transfer that holds bytes, and waits for more until it is ended."""
    try:
        async with transfers.run() as transfer:
            transfers.hold(size, transfer)
            await asyncio.Event().wait()
    finally:
        transfers.release(size)


async def come(transfers, *sizes):
    tasks = []
    for size in sizes:
        tasks.append(asyncio.create_task(body(transfers, size)))
        await turns()
    return tasks


def test_beyond_the_bytes_who_began_first_is_ended():
    async def scenario():
        transfers = Transfers(100)
        tasks = await come(transfers, 40, 40)
        within = [task.done() for task in tasks]
        for more, ended in ((40, 1), (90, 3)):
            tasks += await come(transfers, more)
            await asyncio.wait_for(asyncio.wait(tasks[:ended]), 60)
            assert [task.done() for task in tasks] == [True] * ended + [False] * (len(tasks) - ended)
        tasks[-1].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return within, results[:3], transfers._bytes

    within, results, left = asyncio.run(scenario())
    assert (within, left) == ([False, False], 0)
    assert [type(result) for result in results] == [Overloaded] * 3


def test_of_what_has_come_already_nothing_is_ended_for_one_that_is_ended_too():
    """An ended one lets go of its bytes a moment later: until then they count as gone."""

    async def scenario():
        transfers = Transfers(100)
        first, second = Transfer(), Transfer()
        transfers._running = {first: None, second: None}
        for count, transfer in ((60, first), (60, second), (30, second)):
            transfers.hold(count, transfer)
        return first.error, second.error

    first, second = asyncio.run(scenario())
    assert isinstance(first, Overloaded)
    assert second is None


def test_what_moves_too_slowly_is_ended(monkeypatch):
    monkeypatch.setattr(admission, "MOVE_SECONDS", 0.05)

    async def stands_still():
        async with Transfers(100).run() as transfer:
            transfer.moved(MOVE_BYTES - 1)
            await asyncio.Event().wait()

    with pytest.raises(TooSlow):
        asyncio.run(asyncio.wait_for(stands_still(), 60))


def test_time_is_given_for_bytes_not_for_pieces_and_none_to_what_was_stopped():
    async def scenario():
        transfer, given = Transfer(), []
        transfer.reschedule = given.append
        counts = []
        for total in (1, MOVE_BYTES - 1, MOVE_BYTES, MOVE_BYTES + 1, 2 * MOVE_BYTES - 1, 2 * MOVE_BYTES):
            transfer.moved(total)
            counts.append(len(given))
        transfer.stop(Overloaded())
        transfer.stop(TooSlow())
        transfer.moved(3 * MOVE_BYTES)
        return counts, given[2:], transfer.error

    counts, at_last, error = asyncio.run(scenario())
    assert counts == [0, 0, 1, 1, 1, 2]
    assert at_last == [0]
    assert isinstance(error, Overloaded)


def test_who_stops_what_has_run_out_of_time_and_does_not_know_yet_is_none_the_worse(monkeypatch):
    """asyncio gives no other time to it then, and says so with an error: to whoever came for the bytes, who had done nothing."""
    monkeypatch.setattr(admission, "MOVE_SECONDS", 0.05)
    told = []

    async def scenario():
        transfers, loop = Transfers(100), asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        async with transfers.run() as transfer:
            transfers.hold(90, transfer)
            loop.call_later(0.06, transfers.hold, 90, Transfer())
            # Both are due, one behind the other.
            time.sleep(0.1)
            await asyncio.Event().wait()

    with pytest.raises(Overloaded):
        asyncio.run(asyncio.wait_for(scenario(), 60))
    assert told == []
