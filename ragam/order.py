"""Many calls at a time, their results in the order of what they were called with, whatever their number."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from ragam.errors import InvalidInput, RagamError, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
# Items that are begun or wait for one before them, for each that may be under way.
AHEAD = 2


class Calls(Generic[Item, Result]):
    """`call`, of which at most `concurrency` are under way.

    After Unavailable, and InvalidInput, which is of the address, none is begun: what is called then has no outcome.
    """

    def __init__(self, call: Callable[[Item], Awaitable[Result]], concurrency: int) -> None:
        self.ahead, self.is_over = AHEAD * concurrency, False
        self._call, self._free = call, asyncio.Semaphore(concurrency)

    async def outcome(self, item: Item) -> list[Result | RagamError]:
        async with self._free:
            if self.is_over:
                return []
            try:
                return [await self._call(item)]
            except RagamError as error:
                is_of_all = isinstance(error, Unavailable | InvalidInput)
                # Of those that were under way one says it for all.
                if self.is_over and is_of_all:
                    return []
                self.is_over = self.is_over or is_of_all
                return [error]


async def in_order(
    items: Iterable[Item] | AsyncIterable[Item], call: Callable[[Item], Awaitable[Result]], concurrency: int
) -> AsyncGenerator[tuple[Item, Result | RagamError], None]:
    """Each of `items` with what `call` returns for it or raises as RagamError. Close the generator to stop earlier."""
    calls = Calls(call, concurrency)
    begun: deque[tuple[Item, asyncio.Task[list[Result | RagamError]]]] = deque()
    try:
        async for item in _each(items):
            if calls.is_over:
                break
            begun.append((item, asyncio.ensure_future(calls.outcome(item))))
            # Those that are done go out while the next are awaited.
            while begun and (begun[0][1].done() or len(begun) >= calls.ahead):
                for result in await begun[0][1]:
                    yield begun[0][0], result
                begun.popleft()
        while begun:
            for result in await begun[0][1]:
                yield begun[0][0], result
            begun.popleft()
    finally:
        for _, task in begun:
            task.cancel()
        await asyncio.gather(*(task for _, task in begun), return_exceptions=True)


async def _each(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncGenerator[Item, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
