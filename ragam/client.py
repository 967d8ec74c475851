"""The client for programs without asyncio."""

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Generator, Iterable
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from ragam.aio import AsyncClient
from ragam.errors import ClientClosed, RagamError
from ragam.order import Calls
from ragam.picture import Picture, check_are_pictures
from ragam.results import Explanation, Genre, Prediction
from ragam.transport import CLOSED

Result = TypeVar("Result")


class Client(AbstractContextManager["Client"]):
    """The gateway at `url`, which may have a path. Any thread may use it; each process makes its own.

    timeout: seconds to wait for an answer; retries: further attempts where the service is busy or the connection is lost; concurrency:
    pictures of classify_many under way at the same time. A picture is a path, its bytes, an open file or Pillow's picture; what is
    neither JPEG nor PNG is converted where Pillow is installed. Every method raises ragam.RagamError, of the kind that tells what is wrong,
    and TypeError for what is no picture.

    >>> with Client(url, retries=2) as client:
    ...     answer = client.classify(painting)
    >>> answer.confidence == max(answer.scores.values()) == answer.scores[answer.genre]
    True

    It asks through an AsyncClient on a thread of its own: there the time of a whole answer has a bound, and a notebook's own loop is left
    alone.
    """

    def __init__(self, url: str, api_key: str | None = None, timeout: float = 60.0, retries: int = 5, *, concurrency: int = 4) -> None:
        self._asynchronous = AsyncClient(url, api_key, timeout, retries, concurrency=concurrency)
        self._concurrency = concurrency
        self._lock, self._is_closed = threading.Lock(), False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ragam", daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is under way: it and all that comes later raises errors.ClientClosed."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def classify(self, picture: Picture, *, similar: bool = False) -> Prediction:
        """The genre of `picture`; with `similar` also the works that it is like."""
        return self._wait(self._asynchronous.classify(picture, similar=similar))

    def classify_many(
        self, pictures: Iterable[Picture], *, similar: bool = False
    ) -> Generator[tuple[Picture, Prediction | RagamError], None, None]:
        """Each of `pictures`, in their order, with its answer or the error in its place. They may be any number: few are held at a time.

        After Unavailable or InvalidInput no other picture is begun.

        >>> with Client(url) as client:
        ...     for picture, answer in client.classify_many([painting, "nowhere.jpg"]):
        ...         print(type(answer).__name__)
        Prediction
        PictureRefused
        """
        check_are_pictures(pictures)
        return self._each(pictures, Calls(partial(self._asynchronous.classify, similar=similar), self._concurrency))

    def _each(
        self, pictures: Iterable[Picture], calls: Calls[Picture, Prediction]
    ) -> Generator[tuple[Picture, Prediction | RagamError], None, None]:
        begun: deque[tuple[Picture, Future[list[Prediction | RagamError]]]] = deque()
        try:
            for picture in pictures:
                if calls.is_over:
                    break
                begun.append((picture, self._start(calls.outcome(picture))))
                while begun and (begun[0][1].done() or len(begun) >= calls.ahead):
                    yield from ((begun[0][0], answer) for answer in _result(begun[0][1]))
                    begun.popleft()
            while begun:
                yield from ((begun[0][0], answer) for answer in _result(begun[0][1]))
                begun.popleft()
        finally:
            for _, future in begun:
                future.cancel()

    def explain(self, picture: Picture) -> Explanation:
        """Where in `picture` the model sees its genre.

        >>> with Client(url) as client:
        ...     len(client.explain(painting).heatmap)
        7
        """
        return self._wait(self._asynchronous.explain(picture))

    def explain_png(self, picture: Picture) -> bytes:
        """The same as a PNG: the picture under its heat map."""
        return self._wait(self._asynchronous.explain_png(picture))

    def genres(self) -> tuple[Genre, ...]:
        """The genres that the model knows, in its order."""
        return self._wait(self._asynchronous.genres())

    def _start(self, call: Coroutine[Any, Any, Result]) -> "Future[Result]":
        with self._lock:
            if not self._is_closed:
                return asyncio.run_coroutine_threadsafe(call, self._loop)
        call.close()
        raise ClientClosed(CLOSED)

    def _wait(self, call: Coroutine[Any, Any, Result]) -> Result:
        future = self._start(call)
        try:
            return _result(future)
        except BaseException:
            # Ctrl-C ends the request too.
            future.cancel()
            raise

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._asynchronous.aclose()


def _result(future: "Future[Result]") -> Result:
    try:
        return future.result()
    except CancelledError as error:
        raise ClientClosed(CLOSED) from error
