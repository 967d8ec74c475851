"""One run of the command: from files to rows, lines and counts."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, closing

from ragam.progress import Progress
from ragam.record import Record
from ragam.results import Answer
from ragam.summary import Summary


class Run:
    """Over `files`. Answers go to `record` where there is one, and to standard output if it `prints`.

    `summary` counts them and `reason` is the error after which nothing more was asked; both hold whenever the run is stopped.
    """

    def __init__(self, files: list[str], record: Record | None, *, prints: bool) -> None:
        self.files, self._record, self._prints = files, record, prints
        self.summary = Summary()
        self.reason = ""

    def waiting(self) -> list[str]:
        """The files that have no answer in the record."""
        done = self._record.resume(self.files) if self._record else {}
        for row in done.values():
            self.summary.count(row.genre, certain=row.is_certain)
        self.summary.earlier = len(done)
        return [file for file in self.files if file not in done]

    async def take_all(self, answers: AsyncGenerator[Answer, None]) -> None:
        async with aclosing(answers):
            with closing(Progress(len(self.files), self.summary.earlier)) as progress:
                async for answer in answers:
                    self._take(answer, progress)

    def _take(self, answer: Answer, progress: Progress) -> None:
        # First, for it is what another run goes by.
        if self._record:
            self._record.append(answer)
        if answer.prediction:
            self.summary.count(answer.prediction.genre, certain=answer.prediction.certain)
        else:
            self.summary.missed += 1
        if answer.is_last:
            self.reason = answer.error
        progress.advance(self.summary.missed)
        if self._prints:
            progress.print(answer.as_json())
