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

    async def end(self) -> None:
        self.may_end.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


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
        at_work = queue.expected_wait, value(EXPECTED_WAIT)
        await work.come(6)
        waiting = queue.expected_wait, value(EXPECTED_WAIT), value(IN_FLIGHT)
        clock.seconds += 3
        silent = queue.expected_wait
        await work.end()
        return at_work, waiting, silent, work.begun

    before = value(IN_FLIGHT)
    at_work, waiting, silent, begun = asyncio.run(scenario())
    assert at_work == (0, 0)
    assert waiting == (pytest.approx(6 * FIRST_INTERVAL_SECONDS), pytest.approx(6 * FIRST_INTERVAL_SECONDS), before + 8)
    assert silent == pytest.approx(6 * 3), "nothing was answered for three seconds"
    assert begun == list(range(8)), "first come, first served"
    assert (value(EXPECTED_WAIT), value(IN_FLIGHT)) == (0, before), "nothing is left of it"


def test_the_time_between_answers_counts_no_rest(clock):
    async def scenario():
        queue = Queue(1, LONG)
        async with queue.thread():
            clock.seconds += 2
        clock.seconds += 100
        async with queue.thread():
            clock.seconds += 2
        queue._waiting = 1
        return queue.expected_wait

    first = FIRST_INTERVAL_SECONDS + 0.05 * (2 - FIRST_INTERVAL_SECONDS)
    assert asyncio.run(scenario()) == pytest.approx(first + 0.05 * (2 - first))


def test_who_would_wait_for_too_long_is_refused_at_once(clock):
    async def scenario():
        queue = Queue(1, 3.5 * FIRST_INTERVAL_SECONDS)
        work = Work(queue)
        # One at work; at four that wait the next would wait for 4 times the mean.
        await work.come(5)
        with pytest.raises(Overloaded):
            queue.check()
        await work.come(1)
        refused = [task for task in work.tasks if task.done()]
        await work.end()
        return refused == work.tasks[-1:] and isinstance(refused[0].exception(), Overloaded), len(work.begun)

    assert asyncio.run(scenario()) == (True, 5)


def test_who_has_waited_for_too_long_is_refused_and_not_computed():
    async def scenario():
        queue = Queue(1, 0.05)
        work = Work(queue)
        await work.come(2)
        # The first keeps its thread until the second has given up.
        results = await asyncio.wait_for(asyncio.gather(work.tasks[1], return_exceptions=True), 60)
        begun = list(work.begun)
        await work.end()
        async with queue.thread():
            pass
        return results, begun, queue.expected_wait

    [result], begun, wait = asyncio.run(scenario())
    assert isinstance(result, Overloaded)
    assert (begun, wait) == ([0], 0)


def test_a_request_that_fails_gives_its_thread_back():
    async def scenario():
        queue = Queue(1, LONG)
        with pytest.raises(KeyError):
            async with queue.thread():
                raise KeyError
        async with queue.thread():
            return True

    before = value(IN_FLIGHT)
    assert asyncio.run(scenario())
    assert value(IN_FLIGHT) == before


class Body:
    """A transfer that holds bytes, and waits for more until it is ended."""

    def __init__(self, transfers: Transfers, size: int) -> None:
        self.task = asyncio.create_task(self._run(transfers, size))

    async def _run(self, transfers: Transfers, size: int) -> None:
        try:
            async with transfers.run() as transfer:
                transfers.hold(size, transfer)
                await asyncio.Event().wait()
        finally:
            transfers.release(size)


async def come(transfers, *sizes):
    bodies = []
    for size in sizes:
        bodies.append(Body(transfers, size))
        await turns()
    return bodies


def errors(bodies):
    return [type(body.task.exception()) if body.task.done() else None for body in bodies]


async def leave(bodies):
    for body in bodies:
        body.task.cancel()
    await asyncio.gather(*(body.task for body in bodies), return_exceptions=True)


def test_beyond_the_bytes_who_began_first_is_ended():
    async def scenario():
        transfers = Transfers(100)
        bodies = await come(transfers, 40, 40)
        within = errors(bodies)
        bodies += await come(transfers, 40)
        await asyncio.sleep(0.01)
        one_ended = errors(bodies)
        bodies += await come(transfers, 90)
        await asyncio.wait_for(asyncio.wait([body.task for body in bodies[:3]]), 60)
        two_more_ended = errors(bodies)
        await leave(bodies)
        return within, one_ended, two_more_ended, transfers._bytes

    within, one_ended, two_more_ended, left = asyncio.run(scenario())
    assert within == [None, None]
    assert one_ended == [Overloaded, None, None]
    assert two_more_ended == [Overloaded, Overloaded, Overloaded, None]
    assert left == 0


def test_of_what_has_come_already_nothing_is_ended_for_one_that_is_ended_too():
    """An ended one lets go of its bytes a moment later: until then they count as gone."""

    async def scenario():
        transfers = Transfers(100)
        first, second = Transfer(), Transfer()
        transfers._running = {first: None, second: None}
        transfers.hold(60, first)
        transfers.hold(60, second)
        transfers.hold(30, second)
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


def test_time_is_given_for_bytes_not_for_pieces():
    async def scenario():
        transfer, given = Transfer(), []
        transfer.reschedule = given.append
        counts = []
        for total in (1, MOVE_BYTES - 1, MOVE_BYTES, MOVE_BYTES + 1, 2 * MOVE_BYTES - 1, 2 * MOVE_BYTES):
            transfer.moved(total)
            counts.append(len(given))
        return counts

    assert asyncio.run(scenario()) == [0, 0, 1, 1, 1, 2]


def test_a_transfer_that_was_stopped_is_not_moved_on():
    async def scenario():
        async with Transfers(100).run() as transfer:
            transfer.stop(Overloaded())
            transfer.stop(TooSlow())
            transfer.moved(MOVE_BYTES)
            await asyncio.Event().wait()

    with pytest.raises(Overloaded):
        asyncio.run(asyncio.wait_for(scenario(), 60))


def test_who_stops_what_has_run_out_of_time_and_does_not_know_yet_is_none_the_worse(monkeypatch):
    """asyncio gives no other time to it then, and says so with an error: to whoever came for the bytes, who had done nothing."""
    monkeypatch.setattr(admission, "MOVE_SECONDS", 0.05)
    told = []

    async def scenario():
        transfers = Transfers(100)

        def come():
            try:
                transfers.hold(90, Transfer())
            except RuntimeError as error:
                told.append(error)
            else:
                told.append(None)

        async with transfers.run() as transfer:
            transfers.hold(90, transfer)
            asyncio.get_running_loop().call_later(0.06, come)
            # Both are due, one behind the other.
            time.sleep(0.1)
            await asyncio.Event().wait()

    with pytest.raises(Overloaded):
        asyncio.run(asyncio.wait_for(scenario(), 60))
    assert told == [None]
