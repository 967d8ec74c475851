"""Some pictures at a time."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import islice

from ragam.results import Answer


async def ask_all(ask: Callable[[str], Awaitable[Answer]], files: Iterable[str], concurrency: int) -> AsyncGenerator[Answer, None]:
    """The answers to `files` as they come, while at most `concurrency` are under way.

    After an answer that is the last no other picture is begun, and those under way are finished. Close the generator to stop earlier.
    """
    waiting = iter(files)
    running = {asyncio.ensure_future(ask(file)) for file in islice(waiting, concurrency)}
    try:
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            answers = [task.result() for task in done]
            if any(answer.is_last for answer in answers):
                waiting = iter(())
            # Before the answers are handed out: their reader takes its time.
            running |= {asyncio.ensure_future(ask(file)) for file in islice(waiting, len(done))}
            for answer in answers:
                yield answer
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
