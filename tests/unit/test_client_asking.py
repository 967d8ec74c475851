import asyncio
from contextlib import aclosing

import pytest

from ragam.asking import ask_all
from ragam.results import Answer


class Desk:
    """Answers each file after a moment, the later ones sooner; notes how many are under way."""

    def __init__(self, last=()):
        self.last, self.now, self.most, self.begun, self.cancelled = last, 0, 0, [], []

    async def ask(self, file):
        self.begun.append(file)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0.01 if len(self.begun) % 2 else 0.001)
        except asyncio.CancelledError:
            self.cancelled.append(file)
            raise
        self.now -= 1
        return Answer(file, is_last=file in self.last)


async def collect(desk, files, concurrency):
    return [answer.file async for answer in ask_all(desk.ask, files, concurrency)]


@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_each_once_and_so_many_at_a_time(concurrency):
    desk, files = Desk(), [str(number) for number in range(20)]
    assert sorted(asyncio.run(collect(desk, files, concurrency))) == sorted(files)
    assert desk.most == min(concurrency, 20)


def test_nothing_to_ask():
    assert asyncio.run(collect(Desk(), [], 4)) == []


def test_after_the_last_answer_nothing_is_begun_and_what_runs_is_finished():
    desk = Desk(last={"5"})
    answers = asyncio.run(collect(desk, [str(number) for number in range(20)], 4))
    assert "5" in answers
    assert sorted(answers) == sorted(desk.begun)
    assert len(answers) < 12
    assert not desk.cancelled


def test_closed_early_it_leaves_nothing_running():
    desk = Desk()

    async def first():
        async with aclosing(ask_all(desk.ask, "abcdefgh", 4)) as answers:
            async for answer in answers:
                return answer.file
        return None

    assert asyncio.run(first()) in "abcd"
    assert len(desk.cancelled) + 1 <= len(desk.begun) <= 8
    assert desk.cancelled
